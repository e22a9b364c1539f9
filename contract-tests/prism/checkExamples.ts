import { isDeepStrictEqual } from 'node:util'
import {
  listRoutes,
  type MediaType,
  type OpenApiDocument,
  type Response as ResponseObject,
  type Route,
  resolveReference,
} from '../../tools/generate/documents.ts'
import { exampleRequest } from '../../tools/mock/exampleRequest.ts'

/** What is checked of an example: the generated validator of the response that it belongs to. */
export type ResponseValidators = Record<string, Record<string, Validator>>

interface Validator {
  (body: unknown): boolean
  errors?: { instancePath: string; message?: string }[] | null
}

export interface Verdict {
  passed: number
  /** One line each. */
  failures: string[]
}

/** One example of one response, as the contract states it. */
interface Stated {
  status: string
  mediaType: string | undefined
  /** The name to ask for; undefined where the response has one example without a name, or no body. */
  name: string | undefined
  value: unknown
}

/**
 * Asks the mock for every example of every response of every operation and compares what comes with the contract: it
 * must be that example, and the real 3.1 schema must hold for it.
 *
 * @param url where the mock serves this contract
 */
export async function checkExamples(
  url: string,
  document: OpenApiDocument,
  validators: ResponseValidators,
): Promise<Verdict> {
  const verdict: Verdict = { passed: 0, failures: [] }
  for (const route of listRoutes(document)) {
    const { operationId, responses } = route.operation
    for (const [status, reference] of Object.entries(responses)) {
      const { content = {} } = resolveReference<ResponseObject>(document, reference)
      for (const stated of examplesOf(status, content)) {
        const problem =
          stated === undefined
            ? 'has no example'
            : ((await compare(url, document, route, stated)) ?? validate(validators[operationId]?.[status], stated))
        if (problem === undefined) verdict.passed++
        else verdict.failures.push(`${operationId} ${status} ${stated?.name ?? ''}: ${problem}`.replace(' :', ':'))
      }
    }
  }
  return verdict
}

/** Undefined stands for a body without an example. */
function examplesOf(status: string, content: Record<string, MediaType>): (Stated | undefined)[] {
  if (Object.keys(content).length === 0) return [{ status, mediaType: undefined, name: undefined, value: undefined }]
  return Object.entries(content).flatMap(([mediaType, { example, examples = {} }]): (Stated | undefined)[] => {
    const named = Object.entries(examples).map(([name, { value }]) => ({ status, mediaType, name, value }))
    if (named.length > 0) return named
    return [example === undefined ? undefined : { status, mediaType, name: undefined, value: example }]
  })
}

async function compare(
  url: string,
  document: OpenApiDocument,
  route: Route,
  { status, mediaType, name, value }: Stated,
): Promise<string | undefined> {
  const { method, target, headers, body } = exampleRequest(document, route)
  const response = await fetch(`${url}${target}`, {
    method,
    headers: {
      ...headers,
      Prefer: name === undefined ? `code=${status}` : `code=${status}, example=${name}`,
      ...(mediaType === undefined ? {} : { Accept: mediaType }),
    },
    ...(body === undefined ? {} : { body }),
    redirect: 'manual',
  })
  const text = await response.text()
  if (String(response.status) !== status) return `Prism answered ${response.status} ${text.slice(0, 200)}`
  if (mediaType === undefined) return text === '' ? undefined : `Prism sent a body: ${text.slice(0, 200)}`
  if (mediaTypeOf(response) !== mediaType) return `Prism sent ${mediaTypeOf(response)}, not ${mediaType}`
  return isDeepStrictEqual(read(mediaType, text), value)
    ? undefined
    : `Prism served something else: ${text.slice(0, 200)}`
}

function validate(validator: Validator | undefined, { mediaType, value }: Stated): string | undefined {
  if (mediaType === undefined || !isChecked(mediaType)) return undefined
  if (validator === undefined) return 'there is no generated check for it'
  if (validator(value)) return undefined
  const [error] = validator.errors ?? []
  return `the schema refuses it: ${error?.instancePath || 'the body'} ${error?.message}`
}

const mediaTypeOf = (response: Response) => response.headers.get('content-type')?.split(';')[0]
/** The media types that a generated check is made for; another form of the same answer has none. */
export const isChecked = (mediaType: string) => /^application\/(?:problem\+)?json$/.test(mediaType)
const isJson = (mediaType: string) => /[/+]json$/.test(mediaType)
const read = (mediaType: string, text: string): unknown => (isJson(mediaType) ? parse(text) : text)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
