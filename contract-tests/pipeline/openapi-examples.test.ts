import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ValidateFunction } from 'ajv'
import {
  listRoutes,
  type MediaType,
  type OpenApiDocument,
  type Parameter,
  type RequestBody,
  type Response,
  resolveReference,
} from '../../tools/generate/documents.ts'

// Redocly checks examples against schemas with formats of its own; this is the check with the code that serves.

const generated = join(import.meta.dirname, '..', '..', 'generated')
const bundles = readdirSync(generated, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('openapi.json') && !path.startsWith('released'))
  .sort()

for (const bundle of bundles) {
  describe(`examples of ${bundle}`, async () => {
    const document: OpenApiDocument = JSON.parse(await readFile(join(generated, bundle), 'utf8'))
    const { requests, responses }: Validators = await import(join(generated, bundle, '..', 'validators.js'))

    for (const { operation, parameters } of listRoutes(document)) {
      const id = operation.operationId

      test(`${id}: every request example passes the request checks`, () => {
        const body = operation.requestBody && resolveReference<RequestBody>(document, operation.requestBody)
        const bodies = body === undefined ? [{}] : valuesOf(body.content).map(requestBody => ({ requestBody }))
        for (const example of bodies) {
          for (const validate of requests[id] ?? []) {
            const request = structuredClone({ ...exampleParameters(parameters), ...example })
            assert.ok(validate(request), `${JSON.stringify(request)} ${JSON.stringify(validate.errors)}`)
          }
        }
      })

      test(`${id}: every response example is a valid response`, () => {
        for (const [status, reference] of Object.entries(operation.responses)) {
          const { content = {} } = resolveReference<Response>(document, reference)
          const validate = responses[id]?.[status]
          if (validate === undefined) continue
          for (const example of valuesOf(content)) {
            assert.ok(validate(example), `${status} ${JSON.stringify(example)} ${JSON.stringify(validate.errors)}`)
          }
        }
      })
    }
  })
}

interface Validators {
  requests: Record<string, ValidateFunction[]>
  responses: Record<string, Record<string, ValidateFunction>>
}

function valuesOf(content: Record<string, MediaType>): unknown[] {
  const json = Object.entries(content).filter(([type]) =>
    /^application\/(json|x-www-form-urlencoded|problem\+json)$/.test(type),
  )
  return json.flatMap(([, media]) => [
    ...(media.example === undefined ? [] : [media.example]),
    ...Object.values(media.examples ?? {}).map(({ value }) => value),
  ])
}

/** Every parameter at its example, as text, as it comes over the wire. */
function exampleParameters(parameters: Parameter[]) {
  const request: Record<string, Record<string, unknown>> = { path: {}, query: {}, header: {}, cookie: {} }
  for (const parameter of parameters) {
    const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name
    const value = parameter.example ?? Object.values(parameter.examples ?? {})[0]?.value
    const place = request[parameter.in]
    if (place !== undefined) place[name] = typeof value === 'object' ? value : String(value)
  }
  return request
}
