import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as ocppLinks from '../../../src/store/ocppLinks.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const token = await server.operator()
const get = async (deviceId: string) => (await server.call('GET', `/v1/devices/${deviceId}`, { token })).body.data
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000)

it('a charger that speaks no OCPP has no OCPP fields', async () => {
  const { deviceId } = await server.charger()
  const fields = Object.keys(await get(deviceId))
  assert.deepEqual(
    fields.filter(name => name.startsWith('ocpp_') || /^(connected|enable)/.test(name)),
    [],
  )
})

it('a device shows its link, with the messages of the last five minutes', async () => {
  const { deviceId } = await server.charger()
  await ocppLinks.connected(db, { deviceId, subprotocol: 'ocpp1.6', features: ['Core', 'SmartCharging'] })
  const { ocpp_csms_last_message_at: none, ...before } = await get(deviceId)
  assert.deepEqual([none, before.ocpp_csms_messages_per_minute], [undefined, 0])
  await ocppLinks.heard(db, deviceId, ago(1000), 500)
  await ocppLinks.heard(db, deviceId, ago(60), 6)
  await ocppLinks.heard(db, deviceId, ago(60), 6)
  await ocppLinks.heard(db, deviceId, ago(120), 3)
  const shown = await get(deviceId)
  assert.deepEqual(
    [shown.ocpp_version, shown.ocpp_negotiated_features, shown.ocpp_csms_messages_per_minute],
    ['1.6-J', ['Core', 'SmartCharging'], 3],
  )
  assert.ok(Math.abs(Date.parse(shown.ocpp_csms_last_message_at) - ago(60).getTime()) < 5000)
  const list = await server.call('GET', '/v1/devices?size=100', { token })
  const listed = list.body.data.items.find(({ device_id }: { device_id: string }) => device_id === deviceId)
  assert.equal(listed.ocpp_version, '1.6-J')
})

it('a steady rate is told as it is, also in the middle of a minute', async () => {
  const { deviceId } = await server.charger()
  await ocppLinks.connected(db, { deviceId, subprotocol: 'ocpp1.6', features: [] })
  await db.raw(
    `insert into core.ocpp_message_counts (device_id, minute, messages)
     select ?, now() - interval '30 seconds' - n * interval '1 minute', case n when 0 then 30 else 60 end
     from generate_series(0, 8) n`,
    [deviceId],
  )
  assert.ok(Math.abs((await get(deviceId)).ocpp_csms_messages_per_minute - 60) < 1)
})

it('a new connection replaces what was known, and old counts go', async () => {
  const { deviceId } = await server.charger()
  const place = { connectedHost: 'csms.example', connectedWsPort: 443, connectedWebPort: 8443, enableConnection: true }
  await ocppLinks.connected(db, { deviceId, subprotocol: 'ocpp1.6', features: ['Core'], ...place })
  const { connectedHost, connectedWsPort, connectedWebPort, enableConnection } = await get(deviceId)
  assert.deepEqual({ connectedHost, connectedWsPort, connectedWebPort, enableConnection }, place)
  await ocppLinks.connected(db, { deviceId, subprotocol: 'ocpp2.0.1', features: [] })
  const shown = await get(deviceId)
  assert.deepEqual([shown.ocpp_version, shown.ocpp_negotiated_features, shown.connectedHost], ['2.0.1', [], undefined])
  await ocppLinks.heard(db, deviceId, ago(3600))
  assert.ok((await ocppLinks.removeOldCounts(db)) >= 1)
})
