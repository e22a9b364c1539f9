import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const admin = await server.operator('admin')
const queue = (body: unknown, token = admin) => server.call('POST', '/admin/queue-command', { token, body })
const find = async (id: string) => (await server.call('GET', `/v1/commands/${id}`, { token: admin })).body.data

describe('queueCommand', () => {
  it('200 for each of the six commands, which reach the charger as they are', async () => {
    const { deviceId, token } = await server.charger()
    const names = [
      'start_charging',
      'stop_charging',
      'set_power_limit',
      'set_schedule',
      'firmware_upgrade',
      'discharge',
    ]
    for (const [index, command] of names.entries()) {
      const params = { anything: [index, { as: 'it is' }] }
      const { status, body } = await queue({ device_id: deviceId, connector_id: 2, command, params })
      assert.equal(status, 200)
      assert.deepEqual(body, {
        code: 0,
        message: 'success',
        data: { command_id: body.data.command_id, status: 'queued' },
      })
      const got = (await server.call('GET', '/v1/device/commands?wait=0', { token })).body.data
      assert.deepEqual(
        [got.command_id, got.command, got.connector_id, got.params],
        [body.data.command_id, command, 2, params],
      )
    }
  })
  it('takes what is for the whole charger, and expires after five minutes unless it is told when', async () => {
    const { deviceId } = await server.charger()
    for (const [expires_in, seconds] of [
      [undefined, 300],
      [7, 7],
      [86_400, 86_400],
    ]) {
      const { body } = await queue({ device_id: deviceId, command: 'firmware_upgrade', expires_in })
      const { connector_id, params, created_at, expiry } = await find(body.data.command_id)
      assert.deepEqual([connector_id, params], [null, {}])
      assert.equal(Date.parse(expiry) - Date.parse(created_at), seconds! * 1000)
    }
  })
  it('404 for a connector never seen, an unknown charger and one of another tenant, and queues nothing', async () => {
    const { deviceId } = await server.charger()
    const { db } = server.services
    const foreign = await db('core.devices').first('device_id').where('sn', 'like', 'BOR-%')
    const before = await db('core.commands').count()
    const targets = [{ device_id: deviceId, connector_id: 9 }, { device_id: foreign.device_id }]
    for (const target of [...targets, { device_id: randomUUID() }, { device_id: 'no-uuid' }]) {
      const { status, body } = await queue({ ...target, command: 'stop_charging' })
      assert.deepEqual([status, body.code, body.data], [404, 3001, null])
    }
    assert.deepEqual(await db('core.commands').count(), before)
  })
  it('400 for another command, without its fields and for times out of bounds', async () => {
    const { deviceId } = await server.charger()
    const good = { device_id: deviceId, command: 'stop_charging' }
    for (const change of [
      { device_id: undefined },
      { command: undefined },
      { command: 'explode' },
      { expires_in: 0 },
      { expires_in: 86_401 },
      { params: [] },
      { connector_id: 0 },
    ]) {
      assert.equal((await queue({ ...good, ...change })).status, 400, JSON.stringify(change))
    }
  })
  it('403 without the scope admin', async () => {
    const { deviceId } = await server.charger()
    const { status, body } = await queue({ device_id: deviceId, command: 'stop_charging' }, await server.operator())
    assert.deepEqual([status, body.code], [403, 2003])
  })
})
