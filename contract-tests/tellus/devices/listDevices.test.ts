import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { inSeconds, sample, site } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const other = await server.operator('other')
const get = (path: string, as = token) => server.call('GET', path, { token: as })
const COVENTRY = '7b1c5f7e-3a55-4f0e-9a43-0d1f5f0e7c11'

interface Device {
  device_id: string
  sn: string
  site_id: string | null
}

describe('listDevices', () => {
  it("200 with the tenant's chargers by serial number, with their connectors", async () => {
    const { status, body } = await get('/v1/devices?size=100')
    const items: Device[] = body.data.items
    assert.deepEqual([status, body.data.total, items.length], [200, 11, 11])
    const serials = items.map(({ sn }) => sn)
    assert.deepEqual(serials, [...serials].sort())
    assert.ok(serials.every(sn => sn.startsWith('ACME-')))
  })
  it('filters by site', async () => {
    const { items, total } = (await get(`/v1/devices?site_id=${COVENTRY}`)).body.data
    assert.equal(total, 4)
    assert.ok(items.every(({ site_id }: Device) => site_id === COVENTRY))
    for (const id of ['c9f3d7e1-5b2a-4c6d-9e8f-7a1b3c5d9e44', 'nowhere']) {
      assert.deepEqual((await get(`/v1/devices?site_id=${id}`)).body.data.items, [])
    }
  })
  it('filters by status', async () => {
    const charger = await server.charger()
    const names = async (status: string) =>
      (await get(`/v1/devices?size=100&status=${status}`)).body.data.items.map(({ sn }: Device) => sn)
    assert.ok((await names('offline')).includes(charger.sn))
    const body = { timestamp: inSeconds(0), status: 'online' }
    await server.call('POST', '/v1/device/heartbeat', { token: charger.token, body })
    assert.ok((await names('online')).includes(charger.sn))
    assert.ok(!(await names('offline')).includes(charger.sn))
    assert.equal((await get('/v1/devices?status=asleep')).status, 400)
  })
  it('pages without gap or overlap', async () => {
    const all = (await get('/v1/devices?size=100')).body.data
    const seen: string[] = []
    for (let page = 1; page <= Math.ceil(all.total / 5); page++) {
      const { data } = (await get(`/v1/devices?size=5&page=${page}`)).body
      assert.equal(data.total, all.total)
      seen.push(...data.items.map(({ device_id }: Device) => device_id))
    }
    assert.deepEqual(
      seen,
      all.items.map(({ device_id }: Device) => device_id),
    )
    const { items, total } = (await get('/v1/devices?size=5&page=99')).body.data
    assert.deepEqual([items, total], [[], all.total])
  })
})

describe('getDevice and listConnectors', () => {
  it('200 with what the list shows of it', async () => {
    const { items } = (await get('/v1/devices?size=100')).body.data
    for (const item of items) {
      assert.deepEqual((await get(`/v1/devices/${item.device_id}`)).body.data, item)
      const connectors = (await get(`/v1/devices/${item.device_id}/connectors`)).body.data
      assert.deepEqual(connectors, { items: item.connectors, total: item.connectors.length })
    }
  })
  it('200 for a new charger, with connectors of which nothing is known yet', async () => {
    const { deviceId, sn } = await server.charger('TP-AC22')
    const { created_at, ...device } = (await get(`/v1/devices/${deviceId}`)).body.data
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000)
    assert.deepEqual(device, {
      device_id: deviceId,
      sn,
      model: 'TP-AC22',
      manufacturer: 'Tellus Power',
      firmware_version: '1.0.0',
      status: 'offline',
      last_heartbeat: null,
      site_id: null,
      connectors: [
        {
          connector_id: 1,
          status: 'idle',
          power: null,
          voltage: null,
          current: null,
          energy_delivered: null,
          soc: null,
          temperature: null,
          vehicle_connected: null,
          fault_code: null,
          last_telemetry_time: null,
        },
      ],
    })
  })
  it('lists connectors by number and shows the live state of each', async () => {
    const { deviceId, token: own } = await server.charger('HOME-MADE')
    for (const connector_id of [10, 2, 1]) {
      const body = sample({ connector_id, power: connector_id })
      await server.call('POST', '/v1/device/telemetry', { token: own, body })
    }
    const { items } = (await get(`/v1/devices/${deviceId}/connectors`)).body.data
    assert.deepEqual(
      items.map((each: { connector_id: number; power: number }) => [each.connector_id, each.power]),
      [
        [1, 1],
        [2, 2],
        [10, 10],
      ],
    )
  })
  it("404 for another tenant's charger and for one that nobody knows, all alike", async () => {
    const { deviceId } = await server.charger()
    for (const tail of ['', '/connectors']) {
      const foreign = await get(`/v1/devices/${deviceId}${tail}`, other)
      assert.deepEqual([foreign.status, foreign.body.code, foreign.body.data], [404, 3001, null])
      for (const id of [randomUUID(), 'no-uuid']) {
        const { status, body } = await get(`/v1/devices/${id}${tail}`, other)
        assert.deepEqual([status, body], [404, foreign.body])
      }
    }
  })
  it('finds a charger by its id in capitals', async () => {
    const { deviceId } = await server.charger()
    assert.equal((await get(`/v1/devices/${deviceId.toUpperCase()}`)).body.data.device_id, deviceId)
  })
})

describe('resetDeviceSecret', () => {
  const reset = (id: string, as = token) => server.call('POST', `/v1/devices/${id}/reset-secret`, { token: as })
  it('200, and the tokens are void within a second', async () => {
    const charger = await server.charger()
    const beat = () =>
      server.call('POST', '/v1/device/heartbeat', {
        token: charger.token,
        body: { timestamp: inSeconds(0), status: 'online' },
      })
    assert.equal((await beat()).status, 200)
    const { status, body } = await reset(charger.deviceId)
    assert.equal(status, 200)
    assert.deepEqual({ ...body.data, reset_at: '' }, { device_id: charger.deviceId, reset_at: '' })
    assert.ok(Math.abs(Date.parse(body.data.reset_at) - Date.now()) < 60_000)
    // The process hears of it from the feed, a moment after the commit.
    let refused = await beat()
    for (const from = performance.now(); refused.status === 200 && performance.now() - from < 1000; )
      refused = await beat()
    assert.deepEqual([refused.status, refused.body.code], [401, 2001])
  })
  it("404 for another tenant's charger, which stays as it is", async () => {
    const charger = await server.charger()
    for (const id of [charger.deviceId, randomUUID(), 'no-uuid']) {
      const { status, body } = await reset(id, other)
      assert.deepEqual([status, body.code, body.data], [404, 3001, null])
    }
    const body = { timestamp: inSeconds(0), status: 'online' }
    assert.equal((await server.call('POST', '/v1/device/heartbeat', { token: charger.token, body })).status, 200)
  })
})

describe('a charger', () => {
  it("cannot be put on another tenant's console by its site", async () => {
    const { deviceId } = await server.charger()
    const body = site({ device_ids: [deviceId] })
    assert.equal((await server.call('POST', '/v1/device/site', { token: other, body })).status, 404)
    assert.equal((await get(`/v1/devices/${deviceId}`, other)).status, 404)
  })
})
