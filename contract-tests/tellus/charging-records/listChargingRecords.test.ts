import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { record } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const get = (path: string, as = token) => server.call('GET', path, { token: as })
const ids = (body: { data: { items: { record_id: string }[] } }) => body.data.items.map(({ record_id }) => record_id)

/** Seven records of one charger, one an hour from noon on, on the connectors 1 and 2 in turn. */
const charger = await server.charger()
const times = Array.from({ length: 7 }, (_, hour) => `2026-06-01T${12 + hour}:00:00.000Z`)
const uploaded: string[] = []
for (const [index, start_time] of times.entries()) {
  const body = record({ start_time, end_time: start_time, connector_id: 1 + (index % 2) })
  await server.call('POST', '/v1/device/charging-records', { token: charger.token, body })
  uploaded.push(body.record_id)
}
const own = `/v1/charging-records?device_id=${charger.deviceId}`
const newestFirst = [...uploaded].reverse()

/** The targets of a Link header by relation. */
function links(header: string | null): Record<string, string> {
  const parts = [...(header ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)]
  return Object.fromEntries(parts.map(([, target, relation]) => [relation, target]))
}

describe('listChargingRecords', () => {
  it('200 with the records, latest start first, twenty to a page', async () => {
    const { status, body, headers } = await get('/v1/charging-records')
    const { items, total, page, size } = body.data
    assert.deepEqual([status, items.length, page, size], [200, 20, 1, 20])
    assert.ok(total > 100)
    const starts = items.map(({ start_time }: { start_time: string }) => start_time)
    assert.deepEqual(starts, [...starts].sort().reverse())
    assert.equal(headers.get('x-total-count'), String(total))
  })
  it('filters by charger and by connector', async () => {
    assert.deepEqual(ids((await get(own)).body), newestFirst)
    const second = (await get(`${own}&connector_id=2`)).body
    assert.deepEqual(
      ids(second),
      newestFirst.filter((_, index) => index % 2 === 1),
    )
    assert.equal(second.data.total, 3)
    assert.deepEqual((await get(`${own}&connector_id=9`)).body.data.items, [])
    for (const id of [randomUUID(), 'no-uuid']) {
      assert.equal((await get(`/v1/charging-records?device_id=${id}`)).body.data.total, 0)
    }
  })
  it('filters by the start, from start_time inclusive to end_time exclusive', async () => {
    const between = async (start: string, end: string) =>
      ids(
        (await get(`${own}&start_time=${encodeURIComponent(start)}&end_time=${encodeURIComponent(end)}`)).body,
      ).reverse()
    assert.deepEqual(await between(times[1]!, times[3]!), uploaded.slice(1, 3))
    assert.deepEqual(await between('2026-06-01T13:00:00.001Z', times[3]!), uploaded.slice(2, 3))
    assert.deepEqual(await between(times[1]!, '2026-06-01T15:00:00.001Z'), uploaded.slice(1, 4))
    assert.deepEqual(await between('2026-06-01T14:00:00+01:00', '2026-06-01T16:00:00+01:00'), uploaded.slice(1, 3))
    assert.deepEqual(await between(times[3]!, times[1]!), [])
    assert.deepEqual(ids((await get(`${own}&start_time=${times[5]}`)).body).reverse(), uploaded.slice(5))
    assert.deepEqual(ids((await get(`${own}&end_time=${times[2]}`)).body).reverse(), uploaded.slice(0, 2))
  })
  it('pages with links to first, prev, next and last that keep the filters', async () => {
    const first = await get(`${own}&connector_id=1&size=2`)
    assert.deepEqual(Object.keys(links(first.headers.get('link'))), ['first', 'next', 'last'])
    const walked = ids(first.body)
    for (let answer = first; ; ) {
      const { next } = links(answer.headers.get('link'))
      assert.equal(answer.headers.get('x-total-count'), '4')
      if (next === undefined) {
        const { first, prev, last } = links(answer.headers.get('link'))
        assert.deepEqual(ids((await get(first!)).body), walked.slice(0, 2))
        assert.deepEqual(ids((await get(prev!)).body), walked.slice(0, 2))
        assert.deepEqual(ids((await get(last!)).body), walked.slice(2))
        break
      }
      answer = await get(next)
      walked.push(...ids(answer.body))
    }
    assert.deepEqual(
      walked,
      newestFirst.filter((_, index) => index % 2 === 0),
    )
  })
  it('tells the total past the end too, where prev leads back to the last page', async () => {
    const { status, body, headers } = await get(`${own}&size=3&page=99`)
    assert.deepEqual([status, body.data], [200, { items: [], total: 7, page: 99, size: 3 }])
    assert.equal(headers.get('x-total-count'), '7')
    const { first, prev, next, last } = links(headers.get('link'))
    assert.deepEqual([next, prev], [undefined, last])
    assert.equal((await get(first!)).body.data.items.length, 3)
    assert.deepEqual(ids((await get(prev!)).body), newestFirst.slice(6))
  })
  it('has one page that is first and last when there is nothing', async () => {
    const { body, headers } = await get(`${own}&connector_id=9`)
    assert.deepEqual(body.data, { items: [], total: 0, page: 1, size: 20 })
    assert.deepEqual(Object.keys(links(headers.get('link'))), ['first', 'last'])
  })
  it('takes a size of at most 100', async () => {
    assert.equal((await get('/v1/charging-records?size=100')).body.data.items.length, 100)
    for (const query of [
      'size=101',
      'size=0',
      'page=0',
      'connector_id=0',
      'start_time=today',
      'end_time=2026-02-30T00:00:00Z',
    ]) {
      const { status, body } = await get(`/v1/charging-records?${query}`)
      assert.deepEqual([status, body.data], [400, null], query)
    }
  })
  it("shows no other tenant's records", async () => {
    const other = await server.operator('other')
    assert.equal((await get(own, other)).body.data.total, 0)
    const { items } = (await get('/v1/charging-records?size=100', other)).body.data
    const theirs = await server.services
      .db('core.charging_records as r')
      .join('core.tenants as t', 't.tenant_id', 'r.tenant_id')
      .where('t.slug', 'acme')
      .whereIn(
        'record_id',
        items.map(({ record_id }: { record_id: string }) => record_id),
      )
    assert.deepEqual([items.length > 0, theirs.length], [true, 0])
  })
})

describe('getChargingRecord', () => {
  it('200 with what the list shows of it', async () => {
    for (const item of (await get(own)).body.data.items) {
      assert.deepEqual((await get(`/v1/charging-records/${item.record_id}`)).body.data, item)
    }
  })
  it("404 for another tenant's record and for one that nobody knows", async () => {
    const other = await server.operator('other')
    const foreign = await get(`/v1/charging-records/${uploaded[0]}`, other)
    assert.deepEqual([foreign.status, foreign.body.code, foreign.body.data], [404, 3001, null])
    assert.deepEqual((await get(`/v1/charging-records/${randomUUID()}`, other)).body, foreign.body)
  })
})
