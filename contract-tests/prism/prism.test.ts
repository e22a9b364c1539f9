import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { OpenApiDocument } from '../../tools/generate/documents.ts'
import { findContracts } from '../../tools/mock/contracts.ts'
import { curlExamples } from '../../tools/mock/curlExamples.ts'
import { type Mock, startMock } from '../../tools/mock/startMock.ts'
import { checkExamples } from './checkExamples.ts'

const power = { type: 'object', required: ['power'], properties: { power: { type: 'number' } } }
const validators = { getThing: { 200: new Ajv2020().compile(power) } }

/** A contract with one operation, whose 200 has the given examples. */
function contract(examples: Record<string, { value: unknown }>, base = '/'): OpenApiDocument {
  const operation = {
    operationId: 'getThing',
    tags: ['things'],
    security: [],
    parameters: [{ name: 'id', in: 'path' as const, required: true, schema: { type: 'string' }, example: 'a1' }],
    responses: { 200: { description: 'A thing.', content: { 'application/json': { schema: power, examples } } } },
  }
  const document = { openapi: '3.1.0', servers: [{ url: base }], info: { title: 'Sample', version: '1.0.0' } }
  return { ...document, paths: { '/things/{id}': { get: operation } } } as OpenApiDocument
}

const mocks: Mock[] = []
after(() => Promise.all(mocks.map(mock => mock.stop())))

async function mockOf(document: OpenApiDocument): Promise<string> {
  const mock = await startMock(0, [{ name: 'sample', document }])
  mocks.push(mock)
  return `${mock.url}/sample`
}

describe('the Prism gate', () => {
  it('passes examples that are served and valid', async () => {
    const document = contract({ default: { value: { power: 7 } }, fast: { value: { power: 180 } } })
    assert.deepEqual(await checkExamples(await mockOf(document), document, validators), { passed: 2, failures: [] })
  })
  it('fails an example that does not validate', async () => {
    const document = contract({ default: { value: { power: 7 } }, wrong: { value: { power: 'much' } } })
    const { passed, failures } = await checkExamples(await mockOf(document), document, validators)
    assert.equal(passed, 1)
    assert.deepEqual(failures, ['getThing 200 wrong: the schema refuses it: /power must be number'])
  })
  it('fails when the mock serves something else than the example', async () => {
    const url = await mockOf(contract({ default: { value: { power: 8 } } }))
    const { failures } = await checkExamples(url, contract({ default: { value: { power: 7 } } }), validators)
    assert.match(failures.join(), /getThing 200 default: Prism served something else/)
  })
  it('fails a response that the mock does not have', async () => {
    const url = await mockOf(contract({ default: { value: { power: 7 } } }))
    const { failures } = await checkExamples(url, contract({ other: { value: { power: 7 } } }), validators)
    assert.match(failures.join(), /getThing 200 other: Prism answered 500/)
  })
  it('fails a body without an example', async () => {
    const document = contract({})
    const { failures } = await checkExamples(await mockOf(document), document, validators)
    assert.deepEqual(failures, ['getThing 200: has no example'])
  })
  it('fails a body that nothing checks', async () => {
    const document = contract({ default: { value: { power: 7 } } })
    const { failures } = await checkExamples(await mockOf(document), document, {})
    assert.deepEqual(failures, ['getThing 200 default: there is no generated check for it'])
  })
})

describe('npm run mock', () => {
  it('answers every example of its start screen with the status that is said', async () => {
    const contracts = findContracts()
    const mock = await startMock(0, contracts)
    mocks.push(mock)
    for (const { url, headers, status } of contracts.flatMap(contract => curlExamples(mock.url, contract))) {
      assert.equal((await fetch(url, { headers })).status, status, url)
    }
  })
  it("serves a contract with and without the base of its document's server", async () => {
    const url = await mockOf(contract({ default: { value: { power: 7 } } }, '/rest/v1'))
    assert.equal((await fetch(`${url}/rest/v1/things/a1`)).status, 200)
    assert.equal((await fetch(`${url}/things/a1`)).status, 200)
  })
  it('404 with the names of the contracts for another prefix', async () => {
    const url = await mockOf(contract({ default: { value: { power: 7 } } }))
    const response = await fetch(new URL('/other/things/a1', url))
    assert.equal(response.status, 404)
    assert.match(await response.text(), /\/sample/)
  })
  it('501 for what is not implemented, whatever the body, and 401 without a credential', async () => {
    const [tellus] = findContracts().filter(({ name }) => name === 'tellus')
    const mock = await startMock(0, [tellus!])
    mocks.push(mock)
    const ask = (headers: Record<string, string>) =>
      fetch(`${mock.url}/tellus/v1/intelligence/ask`, { method: 'POST', body: '[', headers })
    assert.equal((await ask({ authorization: 'Bearer mock' })).status, 501)
    assert.equal((await ask({})).status, 401)
  })
})
