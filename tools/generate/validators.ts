import { Ajv2020, type Options } from 'ajv/dist/2020.js'
import { _ } from 'ajv/dist/compile/codegen/index.js'
import standaloneModule from 'ajv/dist/standalone/index.js'
import { formats } from '../../src/formats.ts'
import {
  type Contract,
  listMessages,
  listRoutes,
  type MediaType,
  type OpenApiDocument,
  type Parameter,
  type Reference,
  type RequestBody,
  type Response,
  type Route,
  resolveReference,
  type Schema,
} from './documents.ts'

const standaloneCode = standaloneModule.default

/** The schemas that one kind of validator is made of: shared ones by name, and the exported ones by export name. */
interface ValidatorSet {
  shared: Record<string, Schema>
  exported: Record<string, Schema>
  options: Options
}

/**
 * `validators.js`: every check of a contract as standalone code, so that a start compiles nothing. Parameters are
 * coerced and defaulted, request bodies only defaulted, responses and messages left as they are; a component schema is
 * therefore one function per kind, however many operations use it.
 */
export function renderValidators(contract: Contract, banner: string): string {
  const imports = new Map<string, string>([['../../src/formats.ts', "import { formats } from '../../src/formats.ts'"]])
  const sections: string[] = []
  if (contract.openapi !== undefined) {
    const document = contract.openapi
    const shared = document.components?.schemas ?? {}
    const routes = listRoutes(document)
    const parameters = parameterSchemas(document, routes)
    const bodies = bodySchemas(document, routes)
    const responses = responseSchemas(document, routes)
    sections.push(
      renderSet(
        'parameters',
        { shared, exported: parameters, options: { coerceTypes: true, useDefaults: true } },
        imports,
      ),
      renderSet('bodies', { shared, exported: bodies, options: { useDefaults: true } }, imports),
      renderSet('replies', { shared, exported: responses.exported, options: {} }, imports),
      renderRequestTable(routes, parameters, bodies),
      renderResponseTable(responses.table),
    )
  }
  if (contract.asyncapi !== undefined) {
    const shared = contract.asyncapi.components?.schemas ?? {}
    const exported = Object.fromEntries(
      [...listMessages(contract.asyncapi)].map(([name, message]) => [name, message.payload ?? {}]),
    )
    const docstring = '/** The check of every message by its name. */\n'
    sections.push(`${docstring}export ${renderSet('events', { shared, exported, options: {} }, imports)}`)
  }
  return `${banner}\n${[...imports.values()].join('\n')}\n\n${sections.join('\n\n')}\n`
}

/** `validators.d.ts`: what the exports of `validators.js` are. */
export function renderValidatorTypes(contract: Contract, banner: string): string {
  const lines = [banner, "import type { ValidateFunction } from 'ajv'"]
  if (contract.asyncapi !== undefined) lines.push("import type { Events } from './events.ts'")
  if (contract.openapi !== undefined) {
    lines.push(
      "import type { operations } from './types.ts'",
      '',
      '/** Checks on one object `{path, query, header, cookie, requestBody}`; parameters first, then the body. */',
      'export declare const requests: Record<keyof operations, ValidateFunction[]>',
      '/** Checks on a JSON reply by operationId and declared status. */',
      'export declare const responses: Record<keyof operations, Record<string, ValidateFunction>>',
    )
  }
  if (contract.asyncapi !== undefined) {
    lines.push(
      '',
      '/** Checks on a message by its name. */',
      'export declare const events: Record<keyof Events, ValidateFunction>',
    )
  }
  return `${lines.join('\n')}\n`
}

// Each set is a closure of its own, because Ajv numbers its functions from the same start in every one.
function renderSet(name: string, { shared, exported, options }: ValidatorSet, imports: Map<string, string>): string {
  const ajv = new Ajv2020({
    ...options,
    allErrors: false,
    strict: false,
    strictNumbers: true,
    inlineRefs: false,
    // Says what is wrong with the one branch that is meant, instead of what is wrong with every branch.
    discriminator: true,
    // OpenAPI documents are not described by a JSON Schema dialect that Ajv holds; Redocly checks them.
    validateSchema: false,
    addUsedSchema: false,
    formats,
    code: { source: true, esm: false, lines: true, formats: _`formats` },
  })
  for (const [component, schema] of Object.entries(shared)) ajv.addSchema(readySchema(schema), `schema:${component}`)
  // standaloneCode would write a function once per export, so a schema with many names is exported under its first.
  const firstNames = new Map<string, string>()
  const aliases: string[] = []
  for (const [exportName, schema] of Object.entries(exported)) {
    const ready = readySchema(schema)
    const key = Object.keys(ready).join() === '$ref' ? String(ready.$ref) : `export:${exportName}`
    if (key === `export:${exportName}`) ajv.addSchema(ready, key)
    const firstName = firstNames.get(key)
    if (firstName === undefined) firstNames.set(key, exportName)
    else aliases.push(`exports.${exportName} = exports.${firstName};`)
  }
  const keys = Object.fromEntries([...firstNames].map(([key, exportName]) => [exportName, key]))
  const source = standaloneCode(ajv, keys).replace(/require\("([^"]+)"\)/g, (_match, path: string) => {
    const local = path.replace(/^.*\//, '')
    imports.set(path, `import ${local} from '${path}.js'`)
    return local
  })
  return `const ${name} = (exports => {\n${[source.trim(), ...aliases].join('\n')}\nreturn exports;\n})({})`
}

const annotations = new Set([
  'title',
  'description',
  'example',
  'examples',
  'deprecated',
  'externalDocs',
  'xml',
  '$comment',
])
const schemaMaps = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas'])
const plainData = new Set(['enum', 'const', 'default'])

/**
 * A copy of a schema without what no validator reads, with references to components as Ajv's own names. Throws for a
 * format that src/formats.ts lacks and for a reference that leads outside of the component schemas.
 */
function readySchema(schema: Schema): Schema {
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (annotations.has(keyword) || keyword.startsWith('x-')) return []
    if (keyword === '$ref') return [[keyword, readyReference(String(value))]]
    if (keyword === 'format' && !Object.hasOwn(formats, String(value))) {
      throw new Error(`format '${value}' is not in src/formats.ts`)
    }
    // Ajv reads the names of the branches from the branches themselves, and refuses a mapping.
    if (keyword === 'discriminator') return [[keyword, { propertyName: (value as Schema).propertyName }]]
    if (plainData.has(keyword)) return [[keyword, value]]
    // AsyncAPI writes a tuple as draft-07 does, which the dialect of the validators calls by other names.
    if (keyword === 'items' && Array.isArray(value)) return [['prefixItems', value.map(readyValue)]]
    if (keyword === 'additionalItems') return Array.isArray(schema.items) ? [['items', readyValue(value)]] : []
    if (schemaMaps.has(keyword)) return [[keyword, mapValues(value as Record<string, Schema>, readyValue)]]
    return [[keyword, Array.isArray(value) ? value.map(readyValue) : readyValue(value)]]
  })
  return Object.fromEntries(entries)
}

function readyValue(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? readySchema(value as Schema) : value
}

function readyReference(reference: string): string {
  const match = /^#\/components\/schemas\/([^/]+)(\/.*)?$/.exec(reference)
  if (match === null) throw new Error(`schema reference ${reference} leads outside of #/components/schemas`)
  return `schema:${match[1]}${match[2] === undefined ? '' : `#${match[2]}`}`
}

function mapValues<T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

// The same shape as openapi-backend builds, but unknown query names pass unless the contract refuses them.
function parameterSchemas(document: OpenApiDocument, routes: Route[]): Record<string, Schema> {
  const unknownQuery = document['x-unknown-query'] !== 'reject'
  const withParameters = routes.filter(({ parameters }) => parameters.length > 0 || !unknownQuery)
  return Object.fromEntries(
    withParameters.map(({ operation, parameters }) => {
      const places: Partial<Record<Parameter['in'], Place>> = unknownQuery ? {} : { query: newPlace(false) }
      const required = new Set<string>()
      for (const parameter of parameters) {
        const target = places[parameter.in] ?? newPlace(true)
        places[parameter.in] = target
        const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name
        const schema = parameter.schema ?? parameter.content?.['application/json']?.schema ?? {}
        target.properties[name] = schema
        if (parameter.required) {
          target.required.push(name)
          required.add(parameter.in)
        }
        // A free-form exploded object (PostgREST filters) lets its own properties stand beside it.
        const plain = resolveReference<Schema>(document, schema as Reference)
        if (parameter.in === 'query' && plain.additionalProperties !== undefined) {
          target.additionalProperties = plain.additionalProperties
        }
      }
      return [operation.operationId, { type: 'object', required: [...required], properties: places }]
    }),
  )
}

interface Place extends Schema {
  properties: Record<string, Schema>
  required: string[]
}

function newPlace(additionalProperties: boolean): Place {
  return { type: 'object', required: [], properties: {}, additionalProperties }
}

function bodySchemas(document: OpenApiDocument, routes: Route[]): Record<string, Schema> {
  return Object.fromEntries(
    routes.flatMap(({ operation }) => {
      if (operation.requestBody === undefined) return []
      const body = resolveReference<RequestBody>(document, operation.requestBody)
      const schema = jsonSchemaOf(body.content) ?? Object.values(body.content)[0]?.schema
      if (schema === undefined) return []
      const required = body.required === true ? ['requestBody'] : []
      return [[operation.operationId, { type: 'object', required, properties: { requestBody: schema } }]]
    }),
  )
}

function jsonSchemaOf(content: Record<string, MediaType> = {}): Schema | undefined {
  const type = ['application/json', ...Object.keys(content)].find(
    name => /^application\/(.+\+)?json$/.test(name) && content[name],
  )
  return type === undefined ? undefined : content[type]?.schema
}

// A reply shared through components/responses is one validator under its own name; others are `<operationId>_<status>`.
function responseSchemas(document: OpenApiDocument, routes: Route[]) {
  const exported: Record<string, Schema> = {}
  const table: Record<string, Record<string, string>> = {}
  for (const { operation } of routes) {
    const byStatus: Record<string, string> = {}
    for (const [status, reference] of Object.entries(operation.responses)) {
      const schema = jsonSchemaOf(resolveReference<Response>(document, reference).content)
      if (schema === undefined) continue
      const name = '$ref' in reference ? reference.$ref.replace(/^.*\//, '') : `${operation.operationId}_${status}`
      exported[name] = schema
      byStatus[status] = name
    }
    table[operation.operationId] = byStatus
  }
  return { exported, table }
}

function renderRequestTable(
  routes: Route[],
  parameters: Record<string, Schema>,
  bodies: Record<string, Schema>,
): string {
  const rows = routes.map(({ operation: { operationId } }) => {
    const validators = [
      ...(operationId in parameters ? [`parameters.${operationId}`] : []),
      ...(operationId in bodies ? [`bodies.${operationId}`] : []),
    ]
    return `  ${operationId}: [${validators.join(', ')}],`
  })
  return `/** Checks on one object {path, query, header, cookie, requestBody} by operationId: parameters, then the body. */
export const requests = {
${rows.join('\n')}
}`
}

function renderResponseTable(table: Record<string, Record<string, string>>): string {
  const rows = Object.entries(table).map(([operationId, byStatus]) => {
    const cells = Object.entries(byStatus).map(([status, name]) => `'${status}': replies.${name}`)
    return `  ${operationId}: { ${cells.join(', ')} },`
  })
  return `/** Checks on a JSON reply by operationId and status. */
export const responses = {
${rows.join('\n')}
}`
}
