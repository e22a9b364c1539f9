import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import pg from 'pg'
import { site } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const admin = await server.operator('admin')
const { db } = server.services
const { deviceId } = await server.charger()
const place = site({ device_ids: [deviceId] })
await server.call('POST', '/v1/device/site', { token: admin, body: place })
const connector = `/v1/devices/${deviceId}/connectors/1`

/** Every operation that queues commands, with a body and another one. */
const OPERATIONS: [path: string, body: Record<string, unknown>, other: Record<string, unknown>][] = [
  [`${connector}/start`, { charge_power: 180, target_soc: 80 }, { charge_power: 150, target_soc: 80 }],
  [`${connector}/stop`, { reason: 'user_request' }, { reason: 'grid' }],
  [
    `${connector}/discharge`,
    { discharge_power: 60, duration: 300, min_soc: 20 },
    { discharge_power: 60, duration: 301, min_soc: 20 },
  ],
  [`${connector}/schedule`, schedule('night'), schedule('day')],
  ['/v1/control/flexibility', flexibility(600), flexibility(601)],
  [
    '/admin/queue-command',
    { device_id: deviceId, command: 'set_power_limit', params: { power_limit: 11 } },
    { device_id: deviceId, command: 'set_power_limit', params: { power_limit: 12 } },
  ],
]

function schedule(schedule_id: string) {
  return {
    schedule_id,
    enabled: true,
    type: 'daily',
    time_slots: [{ start: '00:00', end: '05:00', action: 'charge' }],
  }
}

function flexibility(duration: number) {
  return {
    target_type: 'site',
    target_ids: [place.site_id],
    command: 'set_power_limit',
    params: { power_limit_percent: 50, duration },
  }
}

/** The answer as text, byte for byte. */
async function post(path: string, body: unknown, key?: string, token = admin) {
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  if (key !== undefined) headers['idempotency-key'] = key
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, text: await response.text() }
}
/** All that the operations make. */
async function made() {
  const jobs = db('jobs.job').whereIn('name', ['run-schedule', 'lift-flexibility'])
  const lists = await Promise.all([db('core.commands'), db('core.flexibility_controls'), db('core.schedules'), jobs])
  return lists.map(rows => rows.map(row => row.command_id ?? row.control_id ?? row.revision ?? row.id).sort())
}

for (const [path, body, other] of OPERATIONS) {
  describe(`Idempotency-Key on POST ${path.replace(deviceId, '{id}')}`, () => {
    it('200 with the first answer, byte for byte, and does nothing twice', async () => {
      const key = randomUUID()
      const first = await post(path, body, key)
      assert.equal(first.status, 200, first.text)
      const before = await made()
      assert.deepEqual(await post(path, body, key), first)
      assert.deepEqual(await made(), before)
      assert.notDeepEqual(await post(path, body), first)
      assert.notDeepEqual(await made(), before)
    })
    it('409 for the same key with another body, and does nothing', async () => {
      const key = randomUUID()
      await post(path, body, key)
      const before = await made()
      const { status, text } = await post(path, other, key)
      assert.deepEqual([status, JSON.parse(text).code, JSON.parse(text).data], [409, 4001, null])
      assert.deepEqual(await made(), before)
    })
  })
}

/** The same value with the members of its objects in the opposite order. */
function turned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(turned)
  const members = Object.entries(value).map(([name, member]) => [name, turned(member)])
  return Object.fromEntries(members.reverse())
}

describe('Idempotency-Key', () => {
  const [path, body] = OPERATIONS[0]!
  it('is for the same request in whatever order the members of its body stand, at any depth', async () => {
    const several = OPERATIONS.filter(([, body]) => Object.keys(body).length > 1)
    for (const [path, body] of several) {
      const key = randomUUID()
      const first = await post(path, body, key)
      assert.deepEqual(await post(path, turned(body), key), first)
    }
  })
  it('409 for lists in another order, which say something else', async () => {
    const key = randomUUID()
    const [command, body] = ['/admin/queue-command', { device_id: deviceId, command: 'set_schedule' }]
    assert.equal((await post(command, { ...body, params: { order: [1, 2] } }, key)).status, 200)
    assert.equal((await post(command, { ...body, params: { order: [2, 1] } }, key)).status, 409)
  })
  it('409 for the same key on another path', async () => {
    const key = randomUUID()
    await post(path, body, key)
    assert.equal((await post(path.replace('connectors/1', 'connectors/2'), body, key)).status, 409)
  })
  it('queues one command for requests at the same time', async () => {
    const key = randomUUID()
    const before = await db('core.commands').where({ device_id: deviceId })
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(path, body, key)))
    for (const answer of answers) assert.deepEqual(answer, answers[0])
    assert.equal(answers[0]!.status, 200)
    assert.equal((await db('core.commands').where({ device_id: deviceId })).length, before.length + 1)
  })
  it('is free again after 24 hours', async () => {
    const key = randomUUID()
    const first = await post(path, body, key)
    const age = (hours: number) =>
      db('ops.idempotency_keys')
        .where({ key })
        .update({ created_at: new Date(Date.now() - hours * 3_600_000) })
    await age(23.9)
    assert.deepEqual(await post(path, body, key), first)
    await age(24.1)
    const second = await post(path, { charge_power: 7, target_soc: 80 }, key)
    assert.equal(second.status, 200)
    assert.notEqual(second.text, first.text)
  })
  it('of one client is not that of another, nor of another tenant', async () => {
    const key = randomUUID()
    const first = await post(path, body, key)
    const second = await post(path, body, key, await server.operator('demo'))
    assert.equal(second.status, 200)
    assert.notEqual(second.text, first.text)
    assert.equal((await post(path, body, key, await server.operator('other'))).status, 404)
  })
  it('is not used up by a request that failed', async () => {
    const key = randomUUID()
    assert.equal((await post(path, { charge_power: 180 }, key)).status, 400)
    assert.equal((await post(path.replace('connectors/1', 'connectors/9'), body, key)).status, 404)
    assert.equal((await post(path, body, key)).status, 200)
  })
  it('is kept together with what it did, or neither is', async () => {
    const key = randomUUID()
    const before = await made()
    const owner = new pg.Client({ connectionString: server.databaseUrl })
    await owner.connect()
    // The last write of the request fails, when the command is written already.
    await owner.query(`
      create function ops.fail() returns trigger language plpgsql as $$ begin raise exception 'planted'; end $$;
      create trigger fail before update on ops.idempotency_keys for each row execute function ops.fail()`)
    const failed = await post(path, body, key)
    await owner.query('drop trigger fail on ops.idempotency_keys')
    await owner.end()
    assert.deepEqual([failed.status, JSON.parse(failed.text).code], [500, 9001])
    assert.ok(!failed.text.includes('planted'))
    assert.deepEqual(await made(), before)
    assert.equal((await post(path, body, key)).status, 200)
  })
  it('400 when it is empty or too long', async () => {
    for (const key of ['', 'x'.repeat(256)]) assert.equal((await post(path, body, key)).status, 400)
  })
})
