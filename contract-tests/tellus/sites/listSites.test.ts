import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { site } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const get = (path: string, as = token) => server.call('GET', path, { token: as })
const COVENTRY = '7b1c5f7e-3a55-4f0e-9a43-0d1f5f0e7c11'
const LEEDS = 'c9f3d7e1-5b2a-4c6d-9e8f-7a1b3c5d9e44'

interface Site {
  site_id: string
  name: string
  total_connectors: number
  status_summary: Record<string, number>
}

describe('listSites', () => {
  it("200 with the tenant's sites by name, each with a summary that adds up", async () => {
    const { status, body } = await get('/v1/sites')
    assert.deepEqual([status, body.data.total, body.data.page, body.data.size], [200, 3, 1, 20])
    const items: Site[] = body.data.items
    assert.deepEqual(
      items.map(({ name }) => name),
      ['Coventry Gateway', 'Solihull Retail Park', 'Warwick Depot'],
    )
    assert.deepEqual(
      items.map(({ total_connectors }) => total_connectors),
      [6, 4, 5],
    )
    for (const { status_summary, total_connectors } of items) {
      assert.deepEqual(Object.keys(status_summary), ['idle', 'charging', 'discharging', 'fault', 'unavailable'])
      assert.equal(
        Object.values(status_summary).reduce((a, b) => a + b),
        total_connectors,
      )
    }
  })
  it('filters by operator', async () => {
    assert.equal((await get('/v1/sites?operator_id=acme-charging-uk')).body.data.total, 3)
    for (const id of ['borealis-gb', 'nobody']) {
      const { items, total } = (await get(`/v1/sites?operator_id=${id}`)).body.data
      assert.deepEqual([items, total], [[], 0])
    }
  })
  it('pages, and tells the total on a page past the end too', async () => {
    const names: string[] = []
    for (let page = 1; page <= 3; page++) {
      const { data } = (await get(`/v1/sites?size=1&page=${page}`)).body
      assert.deepEqual([data.total, data.page, data.size, data.items.length], [3, page, 1, 1])
      names.push(data.items[0].name)
    }
    assert.equal(new Set(names).size, 3)
    const { data } = (await get('/v1/sites?size=1&page=4')).body
    assert.deepEqual(data, { items: [], total: 3, page: 4, size: 1 })
  })
  it('400 for a page or size that is none, and ignores query names that it does not know', async () => {
    for (const query of ['page=0', 'page=-1', 'page=1.5', 'page=x', 'size=0', 'size=101', 'size=', 'page=1&page=2']) {
      const { status, body } = await get(`/v1/sites?${query}`)
      assert.deepEqual([status, body.code, body.data], [400, 1001, null], query)
    }
    assert.equal((await get('/v1/sites?tenant_id=x&nonsense')).status, 200)
  })
})

describe('getSite', () => {
  it('200 with what the list shows of it', async () => {
    const { items } = (await get('/v1/sites')).body.data
    for (const item of items) assert.deepEqual((await get(`/v1/sites/${item.site_id}`)).body.data, item)
  })
  it("404 for another tenant's site and for one that nobody knows, all alike", async () => {
    const foreign = await get(`/v1/sites/${LEEDS}`)
    assert.deepEqual([foreign.status, foreign.body.code, foreign.body.data], [404, 3001, null])
    for (const id of [randomUUID(), 'no-uuid', '%27', '..%2f']) {
      const { status, body } = await get(`/v1/sites/${id}`)
      assert.deepEqual([status, body], [404, foreign.body])
    }
    assert.equal((await get(`/v1/sites/${LEEDS}`, await server.operator('other'))).status, 200)
    assert.equal((await get(`/v1/sites/${COVENTRY}`, await server.operator('other'))).status, 404)
  })
  it('finds a site whose id needs to be encoded', async () => {
    const body = site({ site_id: 'Süd/1 %' })
    await server.call('POST', '/v1/device/site', { token, body })
    const { status, body: answer } = await get(`/v1/sites/${encodeURIComponent(body.site_id)}`)
    assert.deepEqual([status, answer.data.site_id], [200, body.site_id])
  })
})
