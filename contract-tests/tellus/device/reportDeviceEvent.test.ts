import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inSeconds, sample, site } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const console = await server.operator()
const { db } = server.services

const tell = ({ token }: TestCharger, event_type: string, data: object = {}, change: object = {}) =>
  server.call('POST', '/v1/device/events', {
    token,
    body: { timestamp: inSeconds(0), event_type, connector_id: 1, data, ...change },
  })
const live = async ({ deviceId }: TestCharger, connector = 1) => {
  const { body } = await server.call('GET', `/v1/devices/${deviceId}/connectors`, { token: console })
  return body.data.items.find(({ connector_id }: { connector_id: number }) => connector_id === connector)
}
const upload = ({ token }: TestCharger, change: object) =>
  server.call('POST', '/v1/device/telemetry', { token, body: sample(change) })

describe('reportDeviceEvent', () => {
  it('200 and stores the event as it came', async () => {
    const charger = await server.charger()
    const data = { vehicle_connected: true, odd: ['as', 'it', 'is'] }
    const { status, body } = await tell(charger, 'plug_in', data)
    assert.deepEqual([status, body], [200, { code: 0, message: 'success', data: null }])
    const [row] = await db('telemetry.device_events').where({ device_id: charger.deviceId })
    assert.deepEqual([row.event_type, row.connector_id, row.data], ['plug_in', 1, data])
  })
  it('shows a vehicle from plug_in to plug_out', async () => {
    const charger = await server.charger()
    assert.equal((await live(charger)).vehicle_connected, null)
    await tell(charger, 'plug_in')
    assert.deepEqual([(await live(charger)).vehicle_connected, (await live(charger)).status], [true, 'idle'])
    await upload(charger, {})
    await tell(charger, 'plug_out')
    const { vehicle_connected, status, power, current, soc } = await live(charger)
    assert.deepEqual([vehicle_connected, status, power, current, soc], [false, 'idle', 0, 0, null])
  })
  it('puts a connector into fault with its code, as a number and as text, until it is cleared', async () => {
    const charger = await server.charger()
    for (const [code, shown, none] of [
      [203, 'F-0203', 0],
      ['F-0411', 'F-0411', 'F-0000'],
    ]) {
      await upload(charger, {})
      await tell(charger, 'fault', { fault_code: code, fault_message: 'too warm' })
      const fault = await live(charger)
      assert.deepEqual([fault.status, fault.fault_code, fault.power], ['fault', shown, 0])
      await tell(charger, 'fault', { fault_code: none })
      const cleared = await live(charger)
      assert.deepEqual([cleared.status, cleared.fault_code], ['idle', null])
    }
  })
  it('puts a connector into fault when the code is not told', async () => {
    const charger = await server.charger()
    await tell(charger, 'fault')
    assert.deepEqual([(await live(charger)).status, (await live(charger)).fault_code], ['fault', null])
  })
  it('changes nothing by an alarm or a start', async () => {
    const charger = await server.charger()
    await upload(charger, {})
    const before = await live(charger)
    for (const type of ['alarm', 'start']) assert.equal((await tell(charger, type, { fault_code: 601 })).status, 200)
    assert.deepEqual(await live(charger), before)
  })
  it('ends charging by a stop', async () => {
    const charger = await server.charger()
    await upload(charger, {})
    await tell(charger, 'stop', { reason: 'user_request' })
    assert.deepEqual([(await live(charger)).status, (await live(charger)).power], ['idle', 0])
  })
  it('counts in the site, whose summary always adds up', async () => {
    const charger = await server.charger()
    const place = site({ device_ids: [charger.deviceId] })
    await server.call('POST', '/v1/device/site', { body: place, token: console })
    const summary = async () => {
      const { body } = await server.call('GET', `/v1/sites/${place.site_id}`, { token: console })
      const counts: number[] = Object.values(body.data.status_summary)
      assert.equal(
        counts.reduce((a, b) => a + b),
        body.data.total_connectors,
      )
      return body.data.status_summary
    }
    const none = { idle: 0, charging: 0, discharging: 0, fault: 0, unavailable: 0 }
    assert.deepEqual(await summary(), { ...none, idle: 2 })
    await tell(charger, 'fault', { fault_code: 203 })
    assert.deepEqual(await summary(), { ...none, idle: 1, fault: 1 })
    await upload(charger, { connector_id: 2, state: 'discharging', power: -10 })
    assert.deepEqual(await summary(), { ...none, discharging: 1, fault: 1 })
    await upload(charger, { connector_id: 2, state: 'preparing', power: 0 })
    assert.deepEqual(await summary(), { ...none, idle: 1, fault: 1 })
    await upload(charger, { connector_id: 2, state: 'unavailable', power: 0 })
    await tell(charger, 'fault', { fault_code: 0 })
    await upload(charger, {})
    assert.deepEqual(await summary(), { ...none, charging: 1, unavailable: 1 })
  })
  it('never moves live state back by an older event', async () => {
    const charger = await server.charger()
    await upload(charger, {})
    assert.equal((await tell(charger, 'fault', { fault_code: 203 }, { timestamp: inSeconds(-60) })).status, 200)
    assert.equal((await live(charger)).status, 'charging')
    await tell(charger, 'fault', { fault_code: 203 })
    await upload(charger, { timestamp: inSeconds(-30) })
    assert.equal((await live(charger)).status, 'fault')
  })
  it('stores an event more than 5 minutes ahead without touching live state, 400 beyond 24 hours', async () => {
    const charger = await server.charger()
    assert.equal((await tell(charger, 'fault', {}, { timestamp: inSeconds(310) })).status, 200)
    assert.equal((await live(charger)).status, 'idle')
    assert.equal((await tell(charger, 'fault', {}, { timestamp: inSeconds(86_460) })).status, 400)
    assert.equal((await db('telemetry.device_events').where({ device_id: charger.deviceId })).length, 1)
  })
  it('creates a connector when it is first seen', async () => {
    const charger = await server.charger('HOME-MADE')
    await tell(charger, 'plug_in', {}, { connector_id: 4 })
    assert.deepEqual([(await live(charger, 4)).status, (await live(charger, 4)).vehicle_connected], ['idle', true])
  })
  it('creates a connector by an event that moves nothing, unless it comes from the far future', async () => {
    const charger = await server.charger('HOME-MADE')
    await tell(charger, 'alarm', { fault_code: 601 }, { connector_id: 3 })
    await tell(charger, 'alarm', { fault_code: 602 }, { connector_id: 3 })
    const { status, vehicle_connected } = await live(charger, 3)
    assert.deepEqual([status, vehicle_connected], ['idle', null])
    for (const type of ['alarm', 'fault'])
      assert.equal((await tell(charger, type, {}, { connector_id: 4, timestamp: inSeconds(3600) })).status, 200)
    assert.equal(await live(charger, 4), undefined)
  })
  it('400 for another type, without a field, and for data that says nothing sensible', async () => {
    const charger = await server.charger()
    for (const field of ['timestamp', 'event_type', 'connector_id', 'data']) {
      const { status, body } = await tell(charger, 'plug_in', {}, { [field]: undefined })
      assert.deepEqual([status, body.code, body.details.field], [400, 1002, field])
    }
    const wrong: [string, object][] = [
      ['reboot', {}],
      ['plug_in', { vehicle_connected: 'yes' }],
      ['fault', { fault_code: 'bad' }],
    ]
    for (const [type, data] of wrong) assert.equal((await tell(charger, type, data)).status, 400)
  })
})
