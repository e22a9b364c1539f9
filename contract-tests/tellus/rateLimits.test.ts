import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { inSeconds, record, sample } from '../support/bodies.ts'
import { type Answer, openTestDatabase, startServerOn, type TestCharger } from '../support/testServer.ts'

const database = await openTestDatabase()
// The chargers and tokens come from a server without limits, so that only the requests below count.
const lavish = await startServerOn(database)
const server = await startServerOn(database, { RATE_LIMIT_SCALE: '1' })
const strict = await startServerOn(database, { RATE_LIMIT_SCALE: '1', RATE_LIMIT_BATCH_CONTROL: '2/60' })
after(async () => {
  await Promise.all([server.close(), lavish.close(), strict.close()])
  await database.drop()
})

const many = (count: number, request: (index: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => request(index)))
const passed = (answers: Answer[]) => answers.filter(({ status }) => status !== 429).length

/** What a refusal says: the same in the body and in the header, and no longer than the limit's window. */
function checkRefusals(answers: Answer[], window: number): void {
  const refused = answers.filter(({ status }) => status === 429)
  assert.notEqual(refused.length, 0)
  for (const { body, headers } of refused) {
    assert.deepEqual([body.code, body.data], [5001, null])
    const seconds = body.details.retry_after_seconds
    assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= window, `${seconds} s`)
    assert.equal(headers.get('retry-after'), String(seconds))
  }
}

const beat = ({ token }: TestCharger) =>
  server.call('POST', '/v1/device/heartbeat', { token, body: { timestamp: inSeconds(0), status: 'online' } })
const upload = ({ token }: TestCharger, index: number) =>
  server.call('POST', '/v1/device/telemetry', { token, body: sample({ timestamp: inSeconds(-index) }) })
const start = (deviceId: string, token: string, on = server) =>
  on.call('POST', `/v1/devices/${deviceId}/connectors/1/start`, { token, body: { charge_power: 22, target_soc: 80 } })

describe('rate limits', () => {
  it('of less than one request let one pass at their rate', async () => {
    const slow = await startServerOn(database, { RATE_LIMIT_SCALE: '0.01' })
    try {
      const { token } = await lavish.charger()
      const body = { timestamp: inSeconds(0), status: 'online' }
      const call = () => slow.call('POST', '/v1/device/heartbeat', { token, body })
      assert.equal((await call()).status, 200)
      const { status, headers } = await call()
      assert.deepEqual([status, headers.get('retry-after')], [429, '10'])
    } finally {
      await slow.close()
    }
  })
  it('let 10 telemetry uploads a second pass for each charger', async () => {
    const [busy, other] = [await lavish.charger(), await lavish.charger()]
    const from = performance.now()
    const answers = await many(30, index => upload(busy, index))
    const most = 10 + Math.ceil((performance.now() - from) / 100)
    assert.ok(passed(answers) >= 10 && passed(answers) <= most, `${passed(answers)} passed`)
    checkRefusals(answers, 1)
    assert.equal((await upload(other, 0)).status, 200)
    const stored = await lavish.services.db('telemetry.readings').where({ device_id: busy.deviceId })
    assert.equal(stored.length, passed(answers))
    await delay(1000)
    assert.equal(passed(await many(10, index => upload(busy, 100 + index))), 10)
  })
  it('let 10 heartbeats a second pass for each charger', async () => {
    const [busy, other] = [await lavish.charger(), await lavish.charger()]
    const answers = await many(30, () => beat(busy))
    assert.ok(passed(answers) >= 10 && passed(answers) < 30)
    checkRefusals(answers, 1)
    assert.equal((await beat(other)).status, 200)
  })
  it('let 60 other calls a minute pass for each charger, beside its telemetry', async () => {
    const [busy, other] = [await lavish.charger(), await lavish.charger()]
    const send = ({ token }: TestCharger) =>
      server.call('POST', '/v1/device/charging-records', { token, body: record() })
    const answers = await many(65, () => send(busy))
    assert.ok(passed(answers) >= 60 && passed(answers) <= 62, `${passed(answers)} passed`)
    checkRefusals(answers, 60)
    assert.deepEqual([(await send(other)).status, (await beat(busy)).status], [200, 200])
  })
  it('let 60 queries a minute pass for each client, beside its commands', async () => {
    const token = await lavish.operator()
    const { deviceId } = await lavish.charger()
    const paths = ['/v1/sites', '/v1/devices', '/v1/operators', '/v1/models']
    const answers = await many(66, index => server.call('GET', paths[index % 4]!, { token }))
    assert.ok(passed(answers) >= 60 && passed(answers) <= 63, `${passed(answers)} passed`)
    checkRefusals(answers, 60)
    const again = await server.call('GET', '/v1/sites', { token: await lavish.operator() })
    assert.equal(again.status, 429, 'another token of the client is the same client')
    for (const who of ['admin', 'other'] as const) {
      assert.equal((await server.call('GET', '/v1/sites', { token: await lavish.operator(who) })).status, 200)
    }
    assert.equal((await start(deviceId, token)).status, 200)
  })
  it('let 30 control requests a minute pass for each client, beside its queries', async () => {
    const token = await lavish.operator('admin')
    const { deviceId } = await lavish.charger()
    const body = { device_id: deviceId, command: 'stop_charging' }
    const answers = await many(34, index =>
      index % 2 ? start(deviceId, token) : server.call('POST', '/admin/queue-command', { token, body }),
    )
    assert.ok(passed(answers) >= 30 && passed(answers) <= 31, `${passed(answers)} passed`)
    checkRefusals(answers, 60)
    const queued = await lavish.services.db('core.commands').where({ device_id: deviceId })
    assert.equal(queued.length, passed(answers), 'what is refused queues nothing')
    assert.equal((await server.call('GET', '/v1/sites', { token })).status, 200)
  })
  it('let 10 token requests a minute pass for each client and charger, right or wrong, in the shape of RFC 6749', async () => {
    const charger = await lavish.charger()
    const grant_type = 'client_credentials'
    const device = (device_id: string, device_secret: string) =>
      server.call('POST', '/v1/device/token', { body: { device_id, device_secret, grant_type } })
    const operator = (client_id: string) =>
      server.call('POST', '/v1/oauth/token', { body: { client_id, client_secret: 'guess', grant_type } })
    for (const answers of [
      await many(13, () => device(charger.deviceId, '0'.repeat(64))),
      await many(13, () => operator('somebody')),
    ]) {
      assert.equal(passed(answers), 10)
      for (const { body, headers } of answers.filter(({ status }) => status === 429)) {
        assert.deepEqual([Object.keys(body), body.error], [['error', 'error_description'], 'slow_down'])
        const seconds = Number(headers.get('retry-after'))
        assert.ok(seconds >= 1 && seconds <= 60)
      }
    }
    assert.equal((await device(charger.deviceId, charger.secret)).status, 429)
    const other = await lavish.charger()
    assert.equal((await device(other.deviceId, other.secret)).status, 200)
    assert.equal((await operator(randomUUID())).status, 401)
  })
  it('count token requests by the client that HTTP Basic names', async () => {
    const ask = (client: string) =>
      server.call('POST', '/v1/oauth/token', {
        body: { grant_type: 'client_credentials' },
        headers: { Authorization: `Basic ${Buffer.from(`${client}:guess`).toString('base64')}` },
      })
    assert.equal(passed(await many(13, () => ask('someone'))), 10)
    assert.equal((await ask('someone-else')).status, 401)
  })
  it('hold for registration by serial number', async () => {
    const register = (sn: string) =>
      server.call('POST', '/v1/device/register', {
        body: { sn, model: 'TP-AC22', manufacturer: 'Tellus Power', firmware_version: '1' },
      })
    const answers = await many(63, () => register('BUSY'))
    assert.ok(passed(answers) >= 60 && passed(answers) <= 62)
    assert.equal((await register('QUIET')).status, 200)
  })
  it('do not hold for the health check', async () => {
    const answers = await many(100, () => server.call('GET', '/v1/health'))
    assert.equal(passed(answers), 100)
  })
  it('can be set one by one', async () => {
    const token = await lavish.operator()
    const { deviceId } = await lavish.charger()
    const answers = await many(5, () => start(deviceId, token, strict))
    assert.equal(passed(answers), 2)
    checkRefusals(answers, 60)
  })
})
