import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { site } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')
const post = (body: object, as = token) => server.call('POST', '/v1/sites', { token: as, body })
const patch = (id: string, body: object, as = token) => server.call('PATCH', `/v1/sites/${id}`, { token: as, body })
const get = async (id: string) => (await server.call('GET', `/v1/sites/${id}`, { token })).body.data
const siteOf = async (deviceId: string) =>
  (await server.call('GET', `/v1/devices/${deviceId}`, { token })).body.data.site_id

describe('creating a site', () => {
  it('200 with the site, with an id of its own and without chargers where none are given', async () => {
    const { site_id: _, device_ids: __, ...facts } = site()
    const { status, body } = await post({ ...facts, timezone: 'Europe/London' })
    assert.equal(status, 200)
    assert.match(body.data.site_id, /^[0-9a-f-]{36}$/)
    assert.deepEqual(
      [body.data.name, body.data.location, body.data.timezone, body.data.total_connectors],
      [facts.name, { lat: facts.lat, lng: facts.lng }, 'Europe/London', 0],
    )
    assert.deepEqual(await get(body.data.site_id), body.data)
  })

  it('puts the chargers there', async () => {
    const { deviceId } = await server.charger()
    const { body } = await post(site({ device_ids: [deviceId] }))
    assert.equal(await siteOf(deviceId), body.data.site_id)
    assert.ok(body.data.total_connectors > 0)
  })

  it('409 for an id that is taken by whatever tenant, and the site stays as it was', async () => {
    const first = site()
    const { data } = (await post(first)).body
    for (const as of [token, other]) assert.equal((await post({ ...first, name: 'another' }, as)).status, 409)
    assert.deepEqual(await get(first.site_id), data)
  })

  it('404 for chargers and operators of another tenant, and nothing is stored', async () => {
    const { deviceId } = await server.charger()
    const theirs = (await server.call('GET', '/v1/operators', { token: other })).body.data[0].id
    for (const change of [{ device_ids: [randomUUID()] }, { operator_id: theirs }, { device_ids: ['nonsense'] }]) {
      const body = site(change)
      assert.equal((await post(body)).status, 404)
      assert.equal(await get(body.site_id), null)
    }
    assert.equal((await post(site({ device_ids: [deviceId] }), other)).status, 404)
    assert.equal(await siteOf(deviceId), null)
  })

  it('400 for what is no site', async () => {
    for (const change of [{ name: '' }, { lat: 91 }, { power_capacity: -1 }, { timezone: 'Mars/Olympus' }])
      assert.equal((await post(site(change))).status, 400, JSON.stringify(change))
  })
})

describe('changing a site', () => {
  it('changes what is given and nothing else', async () => {
    const { site_id } = site()
    const before = (await post(site({ site_id, timezone: 'Europe/Paris' }))).body.data
    const steps: [object, object][] = [
      [{ power_capacity: 600 }, { power_capacity: 600 }],
      [{ lat: 1.5 }, { location: { lat: 1.5, lng: -1.5 } }],
      [{ operator_id: null }, { operator_id: null }],
      [{ operator_id: before.operator_id }, { operator_id: before.operator_id }],
      [
        { name: 'x', address: 'y', postcode: 'z', timezone: 'UTC' },
        { name: 'x', address: 'y', postcode: 'z', timezone: 'UTC' },
      ],
    ]
    let expected = before
    for (const [change, effect] of steps) {
      expected = { ...expected, ...effect }
      const { status, body } = await patch(site_id, change)
      assert.deepEqual([status, body.data], [200, expected])
    }
    assert.deepEqual(await get(site_id), expected)
  })

  it('404 for another tenant and for its operators, 400 for a change of nothing', async () => {
    const { site_id } = (await post(site())).body.data
    const before = await get(site_id)
    const theirs = (await server.call('GET', '/v1/operators', { token: other })).body.data[0].id
    assert.equal((await patch(site_id, { name: 'theirs' }, other)).status, 404)
    assert.equal((await patch(site_id, { operator_id: theirs, name: 'x' })).status, 404)
    for (const body of [{}, { timezone: 'Mars/Olympus' }, { name: null }])
      assert.equal((await patch(site_id, body)).status, 400)
    assert.deepEqual(await get(site_id), before)
  })
})
