import { createRequire } from 'node:module'
import type { OpenApiDocument } from '../../tools/generate/documents.ts'

interface DownConvert {
  Converter: new (document: object, options?: object) => { convert(): object }
}

const { Converter }: DownConvert = createRequire(import.meta.url)('@apiture/openapi-down-convert')

/**
 * The contract as Dredd can read it: OpenAPI 3.0, its operations called by their operationId.
 *
 * Schemas and response examples are left out. Dredd checks no schema, chokes on what of 3.1 the conversion leaves in
 * them, and takes the fields of a response's first example for required ones; answers are judged by the real contract.
 */
export function deriveDocument(document: OpenApiDocument): object {
  const derived = new Converter(document).convert() as OpenApiDocument
  for (const item of Object.values(derived.paths)) {
    for (const value of Object.values(item)) {
      const operation = value as { operationId?: string; summary?: string }
      if (operation.operationId !== undefined) operation.summary = operation.operationId
    }
  }
  delete derived.components?.schemas
  dropOptionalHeaders(derived)
  return simplify(derived, false) as object
}

/** Dredd asks for every header that it sees; the real contract says which of them may be left out. */
function dropOptionalHeaders(document: OpenApiDocument): void {
  const shared = document.components?.headers as Record<string, Header> | undefined
  const isOptional = ({ $ref, required }: Header) =>
    ($ref === undefined ? required : shared?.[$ref.split('/').at(-1)!]?.required) === false
  for (const item of Object.values(document.paths)) {
    for (const value of Object.values(item)) {
      for (const { headers = {} } of Object.values(
        (value as { responses?: Record<string, Response> }).responses ?? {},
      )) {
        for (const [name, header] of Object.entries(headers)) if (isOptional(header)) delete headers[name]
      }
    }
  }
  for (const { headers = {} } of Object.values((document.components?.responses ?? {}) as Record<string, Response>)) {
    for (const [name, header] of Object.entries(headers)) if (isOptional(header)) delete headers[name]
  }
}

interface Header {
  $ref?: string
  required?: boolean
}

interface Response {
  headers?: Record<string, Header>
}

function simplify(node: unknown, inResponse: boolean): unknown {
  if (Array.isArray(node)) return node.map(member => simplify(member, inResponse))
  if (node === null || typeof node !== 'object') return node
  const kept = Object.entries(node).filter(([key]) => !(inResponse && (key === 'example' || key === 'examples')))
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (key === 'schema') return [key, { type: 'string' }]
      // An example is data: what it calls `schema` or `responses` is its own affair.
      if (key === 'example' || key === 'value') return [key, value]
      return [key, simplify(value, inResponse || key === 'responses' || key.startsWith('x-'))]
    }),
  )
}
