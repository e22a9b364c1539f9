import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()

describe('listModels', () => {
  it('200 with the catalogue, which all tenants share', async () => {
    const [mine, theirs] = [await server.operator(), await server.operator('other')]
    const { status, body } = await server.call('GET', '/v1/models', { token: mine })
    assert.equal(status, 200)
    assert.deepEqual([body.data.total, body.data.page, body.data.size], [3, 1, 20])
    assert.deepEqual(body.data.items[2], {
      model: 'TP-DC180-V2G',
      manufacturer: 'Tellus Power',
      current_type: 'DC',
      connectors: 2,
      max_power: 180,
      max_discharge_power: 60,
      v2g: true,
      connector_types: ['CCS2', 'CHAdeMO'],
    })
    assert.deepEqual([body.data.items[0].model, body.data.items[0].v2g], ['TP-AC22', false])
    assert.deepEqual((await server.call('GET', '/v1/models', { token: theirs })).body, body)
  })
  it('pages', async () => {
    const { body } = await server.call('GET', '/v1/models?size=2&page=2', { token: await server.operator() })
    assert.deepEqual([body.data.items.length, body.data.total, body.data.page, body.data.size], [1, 3, 2, 2])
  })
})
