import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { OpenApiDocument } from '../../tools/generate/documents.ts'
import { declaredResponses, readUncovered } from './coverage.ts'
import { runDredd, type Subject } from './runDredd.ts'

process.noDeprecation = true

// A fault is planted in a small server; the gate must see it.

const power = { type: 'object', required: ['power'], properties: { power: { type: ['number', 'null'] } } }
const check = new Ajv2020().compile(power)
const responses = { setPower: { 200: check, 404: check } }

function contract(parameter: object = { example: 'a1' }): OpenApiDocument {
  const content = { 'application/json': { schema: power, examples: { default: { value: { power: 7 } } } } }
  const headers = { 'X-Request-Id': { schema: { type: 'string', minLength: 4 } } }
  const operation = {
    operationId: 'setPower',
    summary: 'Set the power',
    security: [],
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' }, ...parameter }],
    requestBody: { required: true, content },
    responses: { 200: { description: 'Set.', headers, content }, 404: { description: 'No such thing.', content } },
  }
  const document = { openapi: '3.1.0', info: { title: 'Sample', version: '1.0.0' } }
  return { ...document, paths: { '/things/{id}/power': { post: operation } } } as unknown as OpenApiDocument
}

interface Reply {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

/** What the server answers for a thing that is there, and for one that is not. */
let replies: { found: Reply; missing: Reply }
const good: typeof replies = {
  found: { status: 200, headers: { 'X-Request-Id': 'r-42' }, body: { power: 7 } },
  missing: { status: 404, body: { power: null } },
}

const server = http.createServer((request, response) => {
  const { status, headers = {}, body } = request.url === '/things/a1/power' ? replies.found : replies.missing
  request.resume()
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
})

before(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
after(() => new Promise(resolve => server.close(resolve).closeAllConnections()))

function run(planted: Partial<typeof replies>, changes: Partial<Subject> = {}) {
  replies = { ...good, ...planted }
  return runDredd({
    document: contract(),
    responses,
    uncovered: new Map(),
    async prepare(draft, status) {
      draft.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      if (status === '404') draft.path.id = 'b2'
    },
    ...changes,
  })
}

describe('the Dredd gate', () => {
  it('passes a server that answers as declared', async () => {
    assert.deepEqual(await run({}), { passed: 2, failures: [] })
  })
  it('fails an undeclared status', async () => {
    const { passed, failures } = await run({ found: { status: 418, body: { power: 7 } } })
    assert.equal(passed, 1)
    assert.match(failures.join(), /^setPower 200: answered 418, which the contract does not declare/)
  })
  it('fails a wrong type', async () => {
    const { failures } = await run({ found: { ...good.found, body: { power: '7' } } })
    assert.deepEqual(failures, ['setPower 200: sent a body against its schema: /power must be number,null'])
  })
  it('fails a field that is missing', async () => {
    const { failures } = await run({ missing: { status: 404, body: {} } })
    assert.match(failures.join(), /^setPower 404: sent a body against its schema: .*power/)
  })
  it('fails a declared status that was not asked for', async () => {
    const { failures } = await run({ missing: good.found })
    assert.match(failures.join(), /^setPower 404: answered 200/)
  })
  it('fails a declared header that is absent or wrong', async () => {
    const absent = await run({ found: { ...good.found, headers: {} } })
    assert.deepEqual(absent.failures, ['setPower 200: sent no X-Request-Id'])
    const wrong = await run({ found: { ...good.found, headers: { 'X-Request-Id': 'r' } } })
    assert.deepEqual(wrong.failures, ['setPower 200: sent a wrong X-Request-Id: r'])
  })
  it('fails another media type', async () => {
    const headers = { ...good.found.headers, 'Content-Type': 'text/html' }
    const { failures } = await run({ found: { ...good.found, headers } })
    assert.deepEqual(failures, ['setPower 200: sent text/html, not application/json'])
  })
  it('fails a server that is away', async () => {
    const prepare: Subject['prepare'] = async draft => {
      draft.origin = 'http://127.0.0.1:1'
    }
    const { passed, failures } = await run({}, { prepare })
    assert.equal(passed, 0)
    assert.match(failures.join(), /setPower 200: .*ECONNREFUSED.*setPower 404: .*ECONNREFUSED/)
  })
  it('fails what cannot be prepared', async () => {
    const prepare: Subject['prepare'] = async () => {
      throw new Error('no idea how')
    }
    const { failures } = await run({}, { prepare })
    assert.match(failures.join(), /setPower 200: .*no idea how/)
  })
})

describe('the coverage gate', () => {
  it('fails operations that Dredd leaves out because a path parameter has no example', async () => {
    const { passed, failures } = await run({}, { document: contract({}) })
    assert.equal(passed, 0)
    assert.deepEqual(failures, [
      'Dredd gave up: API description processing error',
      'setPower 200: declared, but never asked for',
      'setPower 404: declared, but never asked for',
    ])
  })
  it('passes a listed response that is not reached', async () => {
    const uncovered = new Map([['setPower 404', 'things are for ever']])
    assert.deepEqual(await run({ missing: good.found }, { uncovered }), { passed: 1, failures: [] })
  })
  it('fails a listed response that is reached', async () => {
    const uncovered = new Map([['setPower 404', 'things are for ever']])
    const { failures } = await run({}, { uncovered })
    assert.deepEqual(failures, ['setPower 404: listed in uncovered.txt, but reached; strike the line'])
  })
  it('fails a listed response that nobody declares', async () => {
    const { failures } = await run({}, { uncovered: new Map([['setPower 503', 'never away']]) })
    assert.deepEqual(failures, ['setPower 503: listed in uncovered.txt, but not declared'])
  })
  it('refuses a line without a reason, and one that is there twice', () => {
    assert.throws(() => readUncovered('sample setPower 404', 'sample'), /no reason/)
    assert.throws(() => readUncovered('sample setPower 404 a\nsample setPower 404 b', 'sample'), /twice/)
  })
  it('counts every status of every operation as declared', () => {
    assert.deepEqual(declaredResponses(contract()), ['setPower 200', 'setPower 404'])
  })
})
