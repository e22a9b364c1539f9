import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { inSeconds, sample } from '../../support/bodies.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

const database = await openTestDatabase()
const server = await startServerOn(database)
const impatient = await startServerOn(database, { HEARTBEAT_GRACE_SECONDS: '5' })
after(async () => {
  await Promise.all([server.close(), impatient.close()])
  await database.drop()
})
const console = await server.operator()
const { db } = server.services

const beat = (token: string, change: object = {}) =>
  server.call('POST', '/v1/device/heartbeat', { token, body: { timestamp: inSeconds(0), status: 'online', ...change } })
const poll = async (token: string) => (await server.call('GET', '/v1/device/commands?wait=0', { token })).body.data
const start = async (deviceId: string, connector = 1): Promise<string> => {
  const options = { token: console, body: { charge_power: 180, target_soc: 80 } }
  const { body } = await server.call('POST', `/v1/devices/${deviceId}/connectors/${connector}/start`, options)
  return body.data.command_id
}
const device = async (deviceId: string) =>
  (await server.call('GET', `/v1/devices/${deviceId}`, { token: console })).body.data

describe('sendHeartbeat', () => {
  it('200 with no commands when none wait', async () => {
    const { token } = await server.charger()
    const { status, body } = await beat(token)
    assert.deepEqual([status, body], [200, { code: 0, message: 'success', data: { commands: [] } }])
  })
  it('lists every pending command, oldest first', async () => {
    const { deviceId, token } = await server.charger()
    const ids = [await start(deviceId), await start(deviceId, 2), await start(deviceId)]
    const [first, ...rest] = (await beat(token)).body.data.commands
    assert.deepEqual(
      [first, ...rest].map(({ command_id }) => command_id),
      ids,
    )
    assert.deepEqual(
      { ...first, expiry: '' },
      {
        command_id: ids[0],
        command: 'start_charging',
        connector_id: 1,
        params: { connector_id: 1, charge_power: 180, target_soc: 80 },
        expiry: '',
      },
    )
    const left = Date.parse(first.expiry) - Date.now()
    assert.ok(left > 290_000 && left <= 300_000, `expires in ${left} ms`)
    assert.equal(first.expiry, new Date(first.expiry).toISOString())
  })
  it('marks what it lists as delivered', async () => {
    const { deviceId, token } = await server.charger()
    const id = await start(deviceId)
    await beat(token)
    const { body } = await server.call('GET', `/v1/commands/${id}`, { token: console })
    assert.equal(body.data.status, 'delivered')
  })
  it('lists a command again and again until it is accepted, and does not count as the delivery of a long-poll', async () => {
    const { deviceId, token } = await server.charger()
    const id = await start(deviceId)
    await beat(token)
    assert.equal((await beat(token)).body.data.commands[0].command_id, id)
    assert.equal((await poll(token)).command_id, id)
    assert.equal((await beat(token)).body.data.commands[0].command_id, id)
    const body = { command_id: id, status: 'accepted', timestamp: inSeconds(0) }
    assert.equal((await server.call('POST', '/v1/device/command-status', { token, body })).status, 200)
    assert.deepEqual((await beat(token)).body.data.commands, [])
  })
  it("does not list what has expired, nor another charger's", async () => {
    const { deviceId, token } = await server.charger()
    const other = await server.charger()
    await db('core.commands')
      .where({ command_id: await start(deviceId) })
      .update({ expires_at: inSeconds(-1) })
    await start(other.deviceId)
    assert.deepEqual((await beat(token)).body.data.commands, [])
  })
  it('400 without its fields, for another status and for a time that is none', async () => {
    const { token } = await server.charger()
    const wrong = [{ timestamp: undefined }, { status: undefined }, { status: 'asleep' }, { timestamp: 'today' }]
    for (const change of [...wrong, { timestamp: '2026-02-30T00:00:00Z' }, { fault_code: -1 }]) {
      const { status, body } = await beat(token, change)
      assert.deepEqual([status, body.data], [400, null], JSON.stringify(change))
    }
  })
  it('takes a fault code as a number and as text', async () => {
    const { deviceId, token } = await server.charger()
    for (const [fault_code, stored] of [
      [203, 'F-0203'],
      ['F-0204', 'F-0204'],
      [0, null],
      ['F-0203', 'F-0203'],
      ['F-0000', null],
    ]) {
      assert.equal((await beat(token, { status: 'fault', fault_code })).status, 200)
      assert.equal((await db('core.devices').first('fault_code').where({ device_id: deviceId })).fault_code, stored)
    }
  })
})

describe('a charger', () => {
  it('is offline before its first heartbeat and online after it', async () => {
    const { deviceId, token } = await server.charger()
    const before = await device(deviceId)
    assert.deepEqual([before.status, before.last_heartbeat], ['offline', null])
    await beat(token, { timestamp: '2020-01-01T00:00:00Z' })
    const { status, last_heartbeat } = await device(deviceId)
    assert.equal(status, 'online')
    assert.ok(Math.abs(Date.parse(last_heartbeat) - Date.now()) < 60_000, 'by the clock of the server')
  })
  it('is offline 90 s after its last heartbeat', async () => {
    const { deviceId, token } = await server.charger()
    await beat(token)
    for (const [seconds, status] of [
      [80, 'online'],
      [91, 'offline'],
    ] as const) {
      await db('core.devices')
        .where({ device_id: deviceId })
        .update({ last_heartbeat_at: inSeconds(-seconds) })
      assert.equal((await device(deviceId)).status, status)
      const listed = await server.call('GET', `/v1/devices?size=100&status=${status}`, { token: console })
      assert.ok(listed.body.data.items.some((item: { device_id: string }) => item.device_id === deviceId))
    }
  })
  it('is offline at once when it says so, and online with a fault', async () => {
    const { deviceId, token } = await server.charger()
    await beat(token, { status: 'offline' })
    assert.equal((await device(deviceId)).status, 'offline')
    await beat(token, { status: 'fault', fault_code: 203 })
    assert.equal((await device(deviceId)).status, 'online')
  })
  it('is not online because of telemetry', async () => {
    const { deviceId, token } = await server.charger()
    await server.call('POST', '/v1/device/telemetry', { token, body: sample() })
    assert.equal((await device(deviceId)).status, 'offline')
  })
})

describe('HEARTBEAT_GRACE_SECONDS', () => {
  it('says when a charger goes offline', async () => {
    const { deviceId, token } = await server.charger()
    await beat(token)
    await db('core.devices')
      .where({ device_id: deviceId })
      .update({ last_heartbeat_at: inSeconds(-6) })
    assert.equal((await device(deviceId)).status, 'online')
    const { body } = await impatient.call('GET', `/v1/devices/${deviceId}`, { token: console })
    assert.equal(body.data.status, 'offline')
  })
})
