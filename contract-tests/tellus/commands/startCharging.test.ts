import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { sample } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const bodies: Record<string, Record<string, unknown>> = {
  start: { charge_power: 180, target_soc: 80 },
  stop: { reason: 'user_request' },
  discharge: { discharge_power: 180, duration: 300, min_soc: 20 },
}
const names: Record<string, string> = { start: 'start_charging', stop: 'stop_charging', discharge: 'discharge' }

const send = (
  action: string,
  deviceId: string,
  { connector = 1 as unknown, body = bodies[action] as unknown, as = token } = {},
) => server.call('POST', `/v1/devices/${deviceId}/connectors/${connector}/${action}`, { token: as, body })
const find = async (id: string) => (await server.call('GET', `/v1/commands/${id}`, { token })).body.data

describe('startCharging, stopCharging and startDischarging', () => {
  it('200 with the id of a queued command that carries what was asked', async () => {
    const { deviceId } = await server.charger()
    for (const [action, asked] of Object.entries(bodies)) {
      const { status, body } = await send(action, deviceId, { connector: 2 })
      assert.equal(status, 200)
      assert.deepEqual(body, {
        code: 0,
        message: 'success',
        data: { command_id: body.data.command_id, status: 'queued' },
      })
      const { command, connector_id, device_id, params } = await find(body.data.command_id)
      assert.deepEqual([command, connector_id, device_id], [names[action], 2, deviceId])
      assert.deepEqual(params, { connector_id: 2, ...asked })
    }
  })
  it('queue whatever the model can do and whatever the connector does', async () => {
    const { deviceId, token: own } = await server.charger('TP-AC22')
    assert.equal((await send('discharge', deviceId)).status, 200)
    for (const state of ['fault', 'unavailable', 'discharging']) {
      await server.call('POST', '/v1/device/telemetry', { token: own, body: sample({ state, power: 0 }) })
      for (const action of Object.keys(bodies)) assert.equal((await send(action, deviceId)).status, 200)
    }
  })
  it('take a power above the rating of the model as a ceiling', async () => {
    const { deviceId } = await server.charger('TP-AC22')
    const { body } = await send('start', deviceId, { body: { charge_power: 350, target_soc: 100 } })
    assert.equal((await find(body.data.command_id)).params.charge_power, 350)
  })
  it('404 on a connector that was never seen, and queue nothing', async () => {
    const { deviceId, token: own } = await server.charger('HOME-MADE')
    for (const action of Object.keys(bodies)) {
      const { status, body } = await send(action, deviceId)
      assert.deepEqual([status, body.code, body.data], [404, 3001, null])
    }
    assert.equal((await server.services.db('core.commands').where({ device_id: deviceId })).length, 0)
    await server.call('POST', '/v1/device/telemetry', { token: own, body: sample({ state: 'idle' }) })
    assert.equal((await send('start', deviceId)).status, 200)
    assert.equal((await send('start', deviceId, { connector: 3 })).status, 404)
  })
  it("404 on another tenant's charger and on one that nobody knows, all alike", async () => {
    const { deviceId } = await server.charger()
    const other = await server.operator('other')
    for (const action of Object.keys(bodies)) {
      const foreign = await send(action, deviceId, { as: other })
      const unknown = await send(action, randomUUID(), { as: other })
      const odd = await send(action, 'no-uuid', { as: other })
      assert.deepEqual([foreign.status, foreign.body], [404, unknown.body])
      assert.deepEqual([odd.status, odd.body], [404, unknown.body])
    }
    assert.equal((await server.services.db('core.commands').where({ device_id: deviceId })).length, 0)
  })
  it('400 without a field, and for values that no charger could mean', async () => {
    const { deviceId } = await server.charger()
    for (const [action, asked] of Object.entries(bodies)) {
      for (const field of Object.keys(asked)) {
        const missing = await send(action, deviceId, { body: { ...asked, [field]: undefined } })
        assert.deepEqual([missing.status, missing.body.code, missing.body.details.field], [400, 1002, field])
        for (const value of [null, -1, '', [], 1e9]) {
          const wrong = await send(action, deviceId, { body: { ...asked, [field]: value } })
          assert.deepEqual([wrong.status, wrong.body.code], [400, 1001], `${field} ${value}`)
        }
      }
    }
  })
  it('400 for a connector that is no number', async () => {
    const { deviceId } = await server.charger()
    for (const connector of ['one', 0, -1, 1.5, 65]) {
      assert.equal((await send('start', deviceId, { connector })).status, 400, String(connector))
    }
  })
})
