import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Validators } from '../../src/http/backend.ts'
import {
  type MediaType,
  type OpenApiDocument,
  type Reference,
  type Route,
  resolveReference,
  type Schema,
} from '../../tools/generate/documents.ts'
import { isChecked } from '../prism/checkExamples.ts'

/** An answer of the server, as Dredd saw it or a request of ours. */
export interface Answer {
  status: number
  /** With names in lower case. */
  headers: Record<string, string>
  body: string
}

interface DeclaredResponse {
  headers?: Record<string, { schema: Schema } | Reference>
  content?: Record<string, MediaType>
}

const ajv = new Ajv2020({ coerceTypes: true, strict: false })
const headerChecks = new Map<string, ValidateFunction>()

/**
 * What is wrong with an answer: another status than the one asked for, one that the contract does not declare, another
 * media type, a body against the real 3.1 schema, a declared header that is absent or wrong. Undefined when nothing is.
 */
export function judge(
  document: OpenApiDocument,
  responses: Validators['responses'],
  { operation }: Route,
  expected: string,
  answer: Answer,
): string | undefined {
  const status = String(answer.status)
  const declared = operation.responses[status]
  if (declared === undefined) return `answered ${status}, which the contract does not declare: ${excerpt(answer)}`
  const { content = {}, headers = {} } = resolveReference<DeclaredResponse>(document, declared)
  return (
    judgeBody(responses[operation.operationId]?.[status], Object.keys(content), answer) ??
    judgeHeaders(document, headers, answer) ??
    (status === expected ? undefined : `answered ${status}: ${excerpt(answer)}`)
  )
}

function judgeBody(
  validate: ValidateFunction | undefined,
  mediaTypes: string[],
  { headers, body }: Answer,
): string | undefined {
  if (mediaTypes.length === 0) return body === '' ? undefined : 'sent a body where the contract declares none'
  const mediaType = headers['content-type']?.split(';')[0] ?? 'no media type'
  if (!mediaTypes.includes(mediaType)) return `sent ${mediaType}, not ${mediaTypes.join(' or ')}`
  if (!isChecked(mediaType)) return undefined
  if (validate === undefined) return 'has no generated check for its body'
  const value = parse(body)
  if (value === undefined) return 'sent a body that is no JSON'
  if (validate(value)) return undefined
  const [error] = validate.errors ?? []
  return `sent a body against its schema: ${error?.instancePath || 'the body'} ${error?.message}`
}

function judgeHeaders(
  document: OpenApiDocument,
  declared: NonNullable<DeclaredResponse['headers']>,
  { headers }: Answer,
): string | undefined {
  for (const [name, reference] of Object.entries(declared)) {
    const value = headers[name.toLowerCase()]
    const { schema, required = true } = resolveReference<{ schema: Schema; required?: boolean }>(document, reference)
    if (value === undefined && !required) continue
    if (value === undefined) return `sent no ${name}`
    const key = JSON.stringify(schema)
    const validate = headerChecks.get(key) ?? ajv.compile(schema)
    headerChecks.set(key, validate)
    if (!validate(value)) return `sent a wrong ${name}: ${value}`
  }
  return undefined
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const excerpt = ({ body }: Answer) => body.slice(0, 200)
