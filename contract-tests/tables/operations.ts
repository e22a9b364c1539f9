import fs from 'node:fs'
import path from 'node:path'

const GENERATED = path.join(import.meta.dirname, '../../generated')

/** One operation of a contract, as far as the tables look at it. */
export interface Operation {
  operationId: string
  /** In upper case. */
  method: string
  /** The template, with the contract's mount. */
  path: string
  security: Record<string, string[]>[]
  status: 'implemented' | 'not-implemented'
  /** Whether what its path names is made when it is not there. */
  makesIt: boolean
  /** Name in the path -> name of the component that declares it, which tells one `{id}` from another. */
  pathParameters: Record<string, string>
  /** The first example of the request body, by media type. */
  bodies: Record<string, unknown>
}

interface Document {
  servers?: { url: string }[]
  security?: Operation['security']
  paths: Record<string, Record<string, OperationObject>>
}

interface OperationObject {
  operationId: string
  security?: Operation['security']
  'x-status'?: Operation['status']
  parameters?: { $ref?: string; name?: string; in?: string }[]
  responses?: Record<string, unknown>
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> }
}

/** The contracts that have an OpenAPI document, by name. */
export const contractNames = (): string[] =>
  fs
    .readdirSync(GENERATED)
    .filter(name => fs.existsSync(path.join(GENERATED, name, 'openapi.json')))
    .sort()

/** Every operation of a contract, read from its bundle. */
export function operationsOf(contract: string): Operation[] {
  const document: Document = JSON.parse(fs.readFileSync(path.join(GENERATED, contract, 'openapi.json'), 'utf8'))
  const mount = (document.servers?.[0]?.url ?? '/').replace(/\/$/, '')
  return Object.entries(document.paths).flatMap(([route, item]) =>
    Object.entries(item)
      .filter(([method]) => ['get', 'put', 'post', 'delete', 'patch'].includes(method))
      .map(([method, operation]) => ({
        operationId: operation.operationId,
        method: method.toUpperCase(),
        path: `${mount}${route}`,
        security: operation.security ?? document.security ?? [],
        status: operation['x-status'] ?? 'implemented',
        makesIt: method === 'put' && operation.responses?.['201'] !== undefined,
        pathParameters: pathParameters(route, operation),
        bodies: Object.fromEntries(
          Object.entries(operation.requestBody?.content ?? {}).map(([mediaType, { examples = {} }]) => [
            mediaType,
            Object.values(examples)[0]?.value,
          ]),
        ),
      })),
  )
}

/** Path parameters stand in the path in the order in which the operation lists them. */
function pathParameters(route: string, { parameters = [] }: OperationObject): Record<string, string> {
  const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const components = parameters.flatMap(parameter => parameter.$ref?.split('/').at(-1) ?? [])
  return Object.fromEntries(names.map((name, index) => [name, components[index] ?? name]))
}

/** The path with a value for each of its parameters, by the name of their component. */
export function fillPath({ path: template, pathParameters: parameters }: Operation, values: Record<string, string>) {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[parameters[name]!]
    if (value === undefined) throw new Error(`the subject has no ${parameters[name]} for ${template}`)
    return encodeURIComponent(value)
  })
}

/** Whether it answers callers without any credential. */
export const isOpen = ({ security }: Operation): boolean =>
  security.length === 0 || security.some(requirement => Object.keys(requirement).length === 0)

/** The security schemes that it names. */
export const schemesOf = ({ security }: Operation): string[] => security.flatMap(Object.keys)

/** What to send: the example in its JSON form, as it is where there is no such form, or nothing. */
export function exampleOf({ bodies }: Operation): { body?: unknown; headers?: Record<string, string> } {
  if (bodies['application/json'] !== undefined) return { body: bodies['application/json'] }
  const [mediaType] = Object.keys(bodies)
  return mediaType === undefined ? {} : { body: bodies[mediaType], headers: { 'content-type': mediaType } }
}

/** The same with the headers of a caller. */
export function requestOf(operation: Operation, headers: Record<string, string>) {
  const example = exampleOf(operation)
  return { ...example, headers: { ...example.headers, ...headers } }
}
