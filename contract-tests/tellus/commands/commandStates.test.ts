import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import * as commands from '../../../src/store/commands.ts'
import { inSeconds } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const console = await server.operator()
const { db } = server.services

const queue = async ({ deviceId }: TestCharger): Promise<string> => {
  const options = { token: console, body: { charge_power: 180, target_soc: 80 } }
  const { body } = await server.call('POST', `/v1/devices/${deviceId}/connectors/1/start`, options)
  return body.data.command_id
}
const find = async (id: string) => (await server.call('GET', `/v1/commands/${id}`, { token: console })).body.data
const poll = async ({ token }: TestCharger) =>
  (await server.call('GET', '/v1/device/commands?wait=0', { token })).body.data
const report = ({ token }: TestCharger, command_id: string, status: string, more: object = {}) =>
  server.call('POST', '/v1/device/command-status', {
    token,
    body: { command_id, status, timestamp: inSeconds(0), ...more },
  })

describe('getCommand', () => {
  it('200 with a command as it was queued, due to expire after five minutes', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    const { created_at, expiry, ...rest } = await find(id)
    assert.deepEqual(rest, {
      command_id: id,
      device_id: charger.deviceId,
      connector_id: 1,
      command: 'start_charging',
      params: { connector_id: 1, charge_power: 180, target_soc: 80 },
      status: 'queued',
      reason: null,
      message: null,
      details: null,
      control_id: null,
      schedule_id: null,
      delivered_at: null,
      accepted_at: null,
      finished_at: null,
    })
    assert.equal(Date.parse(expiry) - Date.parse(created_at), 300_000)
    assert.equal(expiry, new Date(expiry).toISOString())
  })
  it("404 for another tenant's command and for one that nobody knows", async () => {
    const id = await queue(await server.charger())
    const foreign = await server.call('GET', `/v1/commands/${id}`, { token: await server.operator('other') })
    assert.deepEqual([foreign.status, foreign.body.code, foreign.body.data], [404, 3001, null])
    for (const unknown of [randomUUID(), 'no-uuid']) {
      const { status, body } = await server.call('GET', `/v1/commands/${unknown}`, { token: console })
      assert.deepEqual([status, body], [404, foreign.body])
    }
  })
})

describe('a command', () => {
  it('goes from queued over delivered and accepted to completed', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    assert.equal((await poll(charger)).command_id, id)
    const delivered = await find(id)
    assert.deepEqual([delivered.status, delivered.accepted_at], ['delivered', null])
    assert.ok(Date.parse(delivered.delivered_at) >= Date.parse(delivered.created_at))
    const { status, body } = await report(charger, id, 'accepted')
    assert.deepEqual([status, body], [200, { code: 0, message: 'success', data: null }])
    const accepted = await find(id)
    assert.deepEqual([accepted.status, accepted.finished_at], ['accepted', null])
    assert.ok(accepted.accepted_at)
    await report(charger, id, 'completed', { message: 'charging', details: { transaction: 7 } })
    const done = await find(id)
    assert.deepEqual(
      [done.status, done.reason, done.message, done.details],
      ['completed', null, 'charging', { transaction: 7 }],
    )
    assert.ok(done.finished_at)
    assert.deepEqual([done.delivered_at, done.accepted_at], [delivered.delivered_at, accepted.accepted_at])
  })
  it('that failed shows as failed with what the charger said', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    await report(charger, id, 'accepted')
    await report(charger, id, 'failed', { message: 'contactor' })
    const { status, reason, message } = await find(id)
    assert.deepEqual([status, reason, message], ['failed', null, 'contactor'])
  })
  it('that was rejected shows as failed with its reason', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    await report(charger, id, 'rejected', { message: 'no vehicle' })
    const { status, reason, message, finished_at } = await find(id)
    assert.deepEqual([status, reason, message], ['failed', 'rejected', 'no vehicle'])
    assert.ok(finished_at)
  })
  it('may be reported on before its delivery and without being accepted first', async () => {
    const charger = await server.charger()
    for (const [status, shown] of [
      ['accepted', 'accepted'],
      ['completed', 'completed'],
      ['failed', 'failed'],
      ['rejected', 'failed'],
    ]) {
      const queued = await queue(charger)
      assert.equal((await report(charger, queued, status!)).status, 200)
      assert.equal((await find(queued)).status, shown)
      const delivered = await queue(charger)
      assert.equal((await poll(charger)).command_id, delivered)
      assert.equal((await report(charger, delivered, status!)).status, 200)
      assert.equal((await find(delivered)).status, shown)
    }
  })
  it('may be accepted twice', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    await report(charger, id, 'accepted')
    const { accepted_at } = await find(id)
    assert.equal((await report(charger, id, 'accepted')).status, 200)
    assert.equal((await find(id)).accepted_at, accepted_at)
  })
  it('takes the same final report again and changes nothing, 409 for another', async () => {
    const charger = await server.charger()
    const finals = ['completed', 'failed', 'rejected']
    for (const final of finals) {
      const id = await queue(charger)
      await report(charger, id, final, { message: 'first' })
      const before = await find(id)
      assert.equal((await report(charger, id, final, { message: 'second' })).status, 200)
      for (const other of [...finals, 'accepted'].filter(status => status !== final)) {
        const { status, body } = await report(charger, id, other)
        assert.deepEqual([status, body.code, body.data], [409, 4001, null], `${final} then ${other}`)
      }
      assert.deepEqual(await find(id), before)
    }
  })
  it('has one end when two reports come at the same time', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    const answers = await Promise.all(['completed', 'failed', 'rejected'].map(status => report(charger, id, status)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
  })
  it('expires when nobody accepted it in time, also while the job that notes it has not run', async () => {
    const charger = await server.charger()
    const ids = [await queue(charger), await queue(charger)]
    await poll(charger)
    const expires_at = new Date(inSeconds(-1))
    await db('core.commands').whereIn('command_id', ids).update({ expires_at })
    const check = async () => {
      for (const id of ids) {
        const { status, expiry, finished_at } = await find(id)
        assert.deepEqual([status, finished_at], ['expired', expiry])
      }
    }
    await check()
    for (const status of ['accepted', 'completed']) assert.equal((await report(charger, ids[0]!, status)).status, 409)
    await commands.expire(db)
    const rows = await db('core.commands').whereIn('command_id', ids)
    assert.deepEqual(
      rows.map(({ status }) => status),
      ['expired', 'expired'],
    )
    await check()
    assert.equal((await report(charger, ids[1]!, 'completed')).status, 409)
  })
  it('does not expire once it was accepted', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    await report(charger, id, 'accepted')
    await db('core.commands')
      .where({ command_id: id })
      .update({ expires_at: inSeconds(-1) })
    await commands.expire(db)
    assert.equal((await find(id)).status, 'accepted')
    assert.equal((await report(charger, id, 'completed')).status, 200)
  })
})

describe('reportCommandStatus', () => {
  it("404 on another charger's command, on another tenant's and on one that nobody knows, and changes nothing", async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    const neighbour = await server.charger()
    for (const unknown of [id, randomUUID(), 'no-uuid']) {
      const { status, body } = await report(neighbour, unknown, 'completed')
      assert.deepEqual([status, body.code, body.data], [404, 3001, null])
    }
    assert.equal((await find(id)).status, 'queued')
  })
  it('400 for another status and without its fields', async () => {
    const charger = await server.charger()
    const id = await queue(charger)
    for (const status of ['queued', 'delivered', 'expired', 'done'])
      assert.equal((await report(charger, id, status)).status, 400)
    for (const field of ['command_id', 'status', 'timestamp']) {
      const { status, body } = await report(charger, id, 'completed', { [field]: undefined })
      assert.deepEqual([status, body.code, body.details.field], [400, 1002, field])
    }
    assert.equal((await find(id)).status, 'queued')
  })
})
