import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { examine } from './contract.ts'
import { schemathesisProgram } from './python.ts'

/** A server with one fault per operation shows that the gate catches each of them, in the way it runs on tellus. */

const json = (response: ServerResponse, status: number, body: unknown, contentType = 'application/json') =>
  response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body))
const good = { status: 'up' }

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** What each path answers; only the first keeps to the document. */
const FAULTS: Record<string, Answer> = {
  '/good': (response, { url }) => json(response, /size=[1-9]$|\/good$/.test(url!) ? 200 : 400, good),
  '/wrong-type': response => json(response, 200, { status: 5 }),
  '/missing-field': response => json(response, 200, {}),
  '/undeclared-status': response => json(response, 202, good),
  '/server-error': response => json(response, 500, good),
  '/wrong-content-type': response => json(response, 200, good, 'text/html'),
  '/open-to-all': response => json(response, 200, good),
  '/takes-anything': response => json(response, 200, good),
}

const answer = { description: 'x', content: { 'application/json': { schema: { $ref: '#/components/schemas/State' } } } }
const size = { name: 'size', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 9 } }
const operation = (route: string) => ({
  operationId: route.slice(1).replaceAll('-', ''),
  security: route === '/open-to-all' ? [{ operatorToken: [] }] : [],
  parameters: ['/good', '/takes-anything'].includes(route) ? [size] : [],
  responses: { 200: answer, 400: answer, 500: answer },
})
const document = {
  openapi: '3.1.0',
  info: { title: 'faults', version: '1' },
  paths: Object.fromEntries(Object.keys(FAULTS).map(route => [route, { get: operation(route) }])),
  components: {
    schemas: { State: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } } },
    securitySchemes: {
      operatorToken: { type: 'http', scheme: 'bearer' },
      deviceToken: { type: 'http', scheme: 'bearer' },
    },
  },
}

const skip = process.env.SKIP_SCHEMATHESIS === '1'

test('the gate fails for each planted fault and for nothing else', { skip }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'voltspec-planted-'))
  const server = createServer((request, response) => {
    const fault = FAULTS[request.url!.split('?')[0]!]
    if (fault === undefined) json(response, 404, good)
    else if (request.method !== 'GET') response.writeHead(405, { allow: 'GET' }).end()
    else fault(response, request)
  }).listen(0, '127.0.0.1')
  after(() => {
    server.close()
    fs.rmSync(folder, { recursive: true })
  })
  await once(server, 'listening')
  const file = path.join(folder, 'openapi.json')
  fs.writeFileSync(file, JSON.stringify(document))
  const outcome = await examine(
    {
      file,
      address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      folder: path.join(import.meta.dirname, 'tellus'),
      environment: {
        OPERATOR_TOKEN: 'x',
        DEVICE_TOKEN: 'x',
        DEVICE_ID: 'x',
        KNOWN_IN_PATHS: '{}',
        KNOWN_IN_BODIES: '{}',
      },
    },
    { program: schemathesisProgram(), seed: 1, parameters: ['--max-examples=5'], verbose: false },
  )
  assert.deepEqual(outcome, { passed: 1, failed: Object.keys(FAULTS).length - 1 })
})
