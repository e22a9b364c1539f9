import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { record, sample, site } from '../../support/bodies.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

const database = await openTestDatabase()
const server = await startServerOn(database)
const closed = await startServerOn(database, { DEVICE_ENROLLMENT: 'closed' })
after(async () => {
  await Promise.all([server.close(), closed.close()])
  await database.drop()
})
const console = await server.operator()
const other = await server.operator('other')

const register = (body: unknown, token?: string) => server.call('POST', '/v1/device/site', { body, token })
const find = async (id: string, token = console) => (await server.call('GET', `/v1/sites/${id}`, { token })).body.data
const siteOf = async (deviceId: string) =>
  (await server.call('GET', `/v1/devices/${deviceId}`, { token: console })).body.data.site_id

describe('registerSite', () => {
  it('200 with its id, and the console shows it with its chargers', async () => {
    const [one, two] = [await server.charger(), await server.charger('TP-AC22')]
    const body = site({ device_ids: [one.deviceId, two.deviceId] })
    const answer = await register(body)
    assert.deepEqual(
      [answer.status, answer.body],
      [200, { code: 0, message: 'success', data: { site_id: body.site_id } }],
    )
    const { created_at, ...shown } = await find(body.site_id)
    assert.deepEqual(shown, {
      site_id: body.site_id,
      name: body.name,
      address: body.address,
      postcode: body.postcode,
      location: { lat: 52.42, lng: -1.5 },
      operator_id: 'acme-charging-uk',
      timezone: 'UTC',
      total_connectors: 3,
      status_summary: { idle: 3, charging: 0, discharging: 0, fault: 0, unavailable: 0 },
      power_capacity: 176,
    })
    assert.equal(created_at, new Date(created_at).toISOString())
    assert.equal(await siteOf(one.deviceId), body.site_id)
  })
  it('200 again and updates it; what is not said stays', async () => {
    const charger = await server.charger()
    const first = site({ timezone: 'Europe/London' })
    await register(first)
    const { created_at } = await find(first.site_id)
    const again = {
      ...first,
      name: 'Renamed',
      power_capacity: 500,
      device_ids: [charger.deviceId],
      timezone: undefined,
    }
    assert.equal((await register(again, console)).status, 200)
    const shown = await find(first.site_id)
    assert.deepEqual([shown.name, shown.power_capacity, shown.timezone], ['Renamed', 500, 'Europe/London'])
    assert.deepEqual([shown.created_at, shown.operator_id, shown.total_connectors], [created_at, 'acme-charging-uk', 2])
    assert.equal((await register({ ...again, device_ids: [] })).status, 200)
    assert.equal(await siteOf(charger.deviceId), first.site_id)
  })
  it('moves a charger that stood elsewhere, whose records stay where they were made', async () => {
    const charger = await server.charger()
    const [here, there] = [site({ device_ids: [charger.deviceId] }), site({ device_ids: [charger.deviceId] })]
    await register(here)
    const body = record()
    await server.call('POST', '/v1/device/charging-records', { token: charger.token, body })
    await register(there)
    assert.equal(await siteOf(charger.deviceId), there.site_id)
    assert.equal((await find(here.site_id)).total_connectors, 0)
    const shown = await server.call('GET', `/v1/charging-records/${body.record_id}`, { token: console })
    assert.equal(shown.body.data.site_id, here.site_id)
  })
  it("409 for another tenant's site, and changes nothing", async () => {
    const body = site()
    await register(body)
    const { status, body: answer } = await register({ ...body, name: 'Taken over' }, other)
    assert.deepEqual([status, answer.code, answer.data], [409, 4001, null])
    assert.equal((await find(body.site_id)).name, body.name)
  })
  it('404 for a foreign or unknown charger, and nothing is half-written', async () => {
    const charger = await server.charger()
    const facts = { sn: `F-${randomUUID()}`, model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '1' }
    const foreign = await server.call('POST', '/v1/device/register', { body: facts, token: other })
    const known = site({ name: 'Before' })
    await register(known)
    for (const odd of [foreign.body.data.device_id, randomUUID(), 'no-uuid']) {
      for (const site_id of [known.site_id, randomUUID()]) {
        const body = site({ site_id, name: 'After', device_ids: [charger.deviceId, odd] })
        const { status, body: answer } = await register(body)
        assert.deepEqual([status, answer.code, answer.data], [404, 3001, null])
      }
    }
    assert.equal(await siteOf(charger.deviceId), null)
    assert.equal((await find(known.site_id)).name, 'Before')
    assert.equal((await server.services.db('core.sites').where({ name: 'After' })).length, 0)
  })
  it("404 for another tenant's operator", async () => {
    const body = site({ operator_id: 'borealis-gb' })
    assert.equal((await register(body)).status, 404)
    assert.equal((await register(body, other)).status, 200)
    assert.equal((await find(body.site_id, other)).operator_id, 'borealis-gb')
  })
  it('binds to the tenant of the bearer while enrollment is open', async () => {
    const body = site()
    assert.equal((await register(body, other)).status, 200)
    assert.equal((await find(body.site_id, other)).operator_id, 'borealis-gb')
    assert.equal((await server.call('GET', `/v1/sites/${body.site_id}`, { token: console })).status, 404)
  })
  it("takes an id in capitals for the charger's, and a charger that is named twice once", async () => {
    const charger = await server.charger()
    const body = site({ device_ids: [charger.deviceId.toUpperCase(), charger.deviceId] })
    assert.equal((await register(body)).status, 200)
    assert.equal(await siteOf(charger.deviceId), body.site_id)
  })
  it('400 without a field, for a place that is not on earth and for a zone that is none', async () => {
    for (const field of Object.keys(site())) {
      const { status, body } = await register(site({ [field]: undefined }))
      assert.deepEqual([status, body.code, body.details.field], [400, 1002, field])
    }
    for (const change of [
      { lat: 90.1 },
      { lng: -181 },
      { power_capacity: -1 },
      { device_ids: 'all' },
      { timezone: 'Mars/North' },
      { timezone: '' },
    ]) {
      assert.equal((await register(site(change))).status, 400, JSON.stringify(change))
    }
  })
  it('401 for a bad bearer, even while enrollment is open', async () => {
    assert.equal((await register(site(), '0'.repeat(64))).status, 401)
  })
  it('403 for an operator without site:write, and for a charger', async () => {
    assert.equal((await register(site(), await server.operator('demo', 'read'))).status, 403)
    assert.equal((await register(site(), (await server.charger()).token)).status, 403)
  })
})

describe('registerSite with enrollment closed', () => {
  it('401 without an operator, 200 with one', async () => {
    const call = (token?: string) => closed.call('POST', '/v1/device/site', { body: site(), token })
    const { status, body } = await call()
    assert.deepEqual([status, body.code], [401, 2001])
    assert.equal((await call(console)).status, 200)
  })
})

describe('a charger on a site', () => {
  it('shows its live state in the site', async () => {
    const charger = await server.charger()
    const body = site({ device_ids: [charger.deviceId] })
    await register(body)
    await server.call('POST', '/v1/device/telemetry', { token: charger.token, body: sample() })
    assert.equal((await find(body.site_id)).status_summary.charging, 1)
  })
})
