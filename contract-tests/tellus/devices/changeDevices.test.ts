import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { site } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')
const facts = (more: object = {}) => ({
  sn: `TEST-${randomUUID()}`,
  model: 'TP-DC180-V2G',
  manufacturer: 'Tellus Power',
  firmware_version: '1',
  ...more,
})
const post = (body: object, as = token) => server.call('POST', '/v1/devices', { token: as, body })
const patch = (id: string, body: object, as = token) => server.call('PATCH', `/v1/devices/${id}`, { token: as, body })
const get = async (id: string) => (await server.call('GET', `/v1/devices/${id}`, { token })).body.data
const place = async (as = token) =>
  (await server.call('POST', '/v1/sites', { token: as, body: site() })).body.data.site_id

describe('creating a charger', () => {
  it('200 with what it needs to call, and it stands on its site with the connectors of its model', async () => {
    const site_id = await place()
    const { status, body, headers } = await post(facts({ site_id }))
    assert.equal(status, 200)
    assert.equal(headers.get('cache-control'), 'no-store')
    const { device_id, device_secret } = body.data
    const issued = await server.call('POST', '/v1/device/token', {
      body: { device_id, device_secret, grant_type: 'client_credentials' },
    })
    assert.equal(issued.status, 200)
    const device = await get(device_id)
    assert.equal(device.site_id, site_id)
    assert.ok(device.connectors.length > 0)
  })

  it('409 for a serial number that is known, to whatever tenant', async () => {
    const { sn } = await server.charger()
    for (const as of [token, other]) assert.equal((await post(facts({ sn }), as)).status, 409)
  })

  it('404 for a site of another tenant, and no charger is left behind', async () => {
    const body = facts({ site_id: await place(other) })
    assert.equal((await post(body)).status, 404)
    assert.equal((await server.services.db('core.devices').where({ sn: body.sn })).length, 0)
  })
})

describe('changing a charger', () => {
  it('puts it on a site and takes it off', async () => {
    const { deviceId } = await server.charger()
    const site_id = await place()
    const moved = await patch(deviceId.toUpperCase(), { site_id })
    assert.deepEqual([moved.status, moved.body.data.site_id], [200, site_id])
    assert.deepEqual(await get(deviceId), moved.body.data)
    assert.equal((await patch(deviceId, { site_id: null })).body.data.site_id, null)
  })

  it('404 for a charger or a site of another tenant, and it stays where it is', async () => {
    const { deviceId } = await server.charger()
    const site_id = await place()
    await patch(deviceId, { site_id })
    assert.equal((await patch(deviceId, { site_id: await place(other) })).status, 404)
    assert.equal((await patch(deviceId, { site_id: null }, other)).status, 404)
    assert.equal((await patch(deviceId, { site_id: randomUUID() })).status, 404)
    assert.equal((await get(deviceId)).site_id, site_id)
    for (const body of [{}, { site_id: '' }, { site_id: 5 }]) assert.equal((await patch(deviceId, body)).status, 400)
  })
})
