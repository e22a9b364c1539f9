import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import type { ScheduleJob } from '../../../src/jobs/jobs.ts'
import { runSchedule } from '../../../src/jobs/runSchedule.ts'
import { site } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()
const { db, jobs } = server.services

const daily = (change: object = {}) => ({
  schedule_id: 'night',
  enabled: true,
  type: 'daily',
  time_slots: [{ start: '23:30', end: '05:30', action: 'charge', power_limit: 7 }],
  target_soc: 80,
  timezone: 'Europe/London',
  ...change,
})
const at = ({ deviceId }: Pick<TestCharger, 'deviceId'>, connector = 1) =>
  `/v1/devices/${deviceId}/connectors/${connector}/schedule`
const set = (charger: TestCharger, body: unknown, as = token) => server.call('POST', at(charger), { token: as, body })
const get = (charger: TestCharger, as = token) => server.call('GET', at(charger), { token: as })
const stored = ({ deviceId }: TestCharger) => db('core.schedules').first().where({ device_id: deviceId })
const queued = async ({ deviceId }: TestCharger) =>
  (await db('core.commands').where({ device_id: deviceId }).orderBy('sequence')).map(
    ({ command, connector_id, params, schedule_id }) => ({ command, connector_id, params, schedule_id }),
  )
/** The job that the server asked for at the schedule's next edge. */
const jobOf = async (charger: TestCharger) => {
  const { revision, next_command_at } = await stored(charger)
  return { deviceId: charger.deviceId, connectorId: 1, revision, at: next_command_at?.toISOString() }
}
const run = (job: ScheduleJob) => runSchedule({ db, jobs, commandExpirySeconds: 300 }, job)
const reachEdge = async (charger: TestCharger) => run(await jobOf(charger))
/** Sets a schedule that has a slot which began three minutes ago. */
async function setRunning(charger: TestCharger, change: object = {}): Promise<void> {
  const timeIn = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)
  const time_slots = [{ start: timeIn(-3), end: timeIn(60), action: 'charge' }]
  await set(charger, daily({ time_slots, timezone: 'UTC', ...change }))
  const earlier = new Date(Date.now() - 10 * 60_000)
  await db('core.schedules').where({ device_id: charger.deviceId }).update({ updated_at: earlier })
}
const ending = {
  command: 'stop_charging',
  connector_id: 1,
  params: { connector_id: 1, reason: 'schedule_end' },
  schedule_id: 'night',
}
const asked = async ({ deviceId }: TestCharger) =>
  db('jobs.job').whereRaw(`name = 'run-schedule' and data->>'deviceId' = ?`, [deviceId]).orderBy('start_after')

describe('setSchedule', () => {
  it('200 with the schedule as it holds, its gaps filled', async () => {
    const charger = await server.charger()
    const body = daily({ target_soc: undefined })
    const answer = await set(charger, body)
    assert.deepEqual([answer.status, answer.body.code, answer.body.message], [200, 0, 'success'])
    const { next_command_at, updated_at, ...rest } = answer.body.data
    assert.deepEqual(rest, {
      schedule_id: 'night',
      enabled: true,
      type: 'daily',
      time_slots: body.time_slots,
      target_soc: null,
      effective_from: null,
      effective_until: null,
      timezone: 'Europe/London',
      device_id: charger.deviceId,
      connector_id: 1,
    })
    assert.ok(Math.abs(Date.parse(updated_at) - Date.now()) < 60_000)
    assert.ok(Date.parse(next_command_at) > Date.now())
    const shown = await get(charger)
    assert.deepEqual([shown.status, shown.body], [200, answer.body])
  })
  it('replaces the schedule that was there, and what was planned for it', async () => {
    const charger = await server.charger()
    await set(charger, daily())
    const job = await jobOf(charger)
    const second = await set(charger, daily({ schedule_id: 'noon' }))
    assert.deepEqual((await get(charger)).body, second.body)
    await run(job)
    assert.deepEqual(await queued(charger), [])
    assert.equal((await server.call('GET', at(charger, 2), { token })).status, 404)
  })
  it('ends what the schedule before it runs, once', async () => {
    const charger = await server.charger()
    await setRunning(charger)
    await set(charger, daily({ schedule_id: 'noon', enabled: false }))
    await set(charger, daily({ schedule_id: 'evening', enabled: false }))
    assert.deepEqual(await queued(charger), [ending])
  })
  it('ends nothing where the schedule before it ran nothing, or when it is refused', async () => {
    const charger = await server.charger()
    await setRunning(charger, { enabled: false })
    await set(charger, daily())
    await setRunning(charger)
    assert.equal((await set(charger, daily({ type: 'weekly' }))).status, 400)
    assert.deepEqual(await queued(charger), [])
  })
  it('holds in the zone of the site when it names none, UTC for a charger without site', async () => {
    const charger = await server.charger()
    assert.equal((await set(charger, daily({ timezone: undefined }))).body.data.timezone, 'UTC')
    const body = site({ device_ids: [charger.deviceId], timezone: 'Asia/Kathmandu' })
    await server.call('POST', '/v1/device/site', { token, body })
    const { timezone, next_command_at } = (await set(charger, daily({ timezone: undefined }))).body.data
    assert.equal(timezone, 'Asia/Kathmandu')
    assert.match(next_command_at, /T(17:45|23:45):00.000Z$/)
  })
  it('follows daylight saving of its zone', async () => {
    const charger = await server.charger()
    const slots = [{ start: '08:00', end: '09:00', action: 'idle' }]
    for (const [day, edge] of [
      ['2027-07-01', '07:00'],
      ['2027-01-01', '08:00'],
      ['2027-03-28', '07:00'],
      ['2027-10-31', '08:00'],
    ]) {
      const body = daily({ time_slots: slots, effective_from: `${day}T00:00:00Z` })
      const { next_command_at } = (await set(charger, body)).body.data
      assert.equal(next_command_at, `${day}T${edge}:00.000Z`)
    }
  })
  it('comes on its days when it is weekly, and once when it is to', async () => {
    const charger = await server.charger()
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
    for (const [index, day] of days.entries()) {
      const time_slots = [{ day_of_week: [day], start: '12:00', end: '13:00', action: 'charge' }]
      const body = daily({ type: 'weekly', time_slots, effective_from: '2027-06-07T00:00:00Z' })
      assert.equal(
        (await set(charger, body)).body.data.next_command_at,
        `2027-06-${String(7 + index).padStart(2, '0')}T11:00:00.000Z`,
      )
    }
    const once = daily({ type: 'once', effective_from: '2027-06-07T00:00:00Z' })
    await set(charger, once)
    await reachEdge(charger)
    await reachEdge(charger)
    assert.equal((await get(charger)).body.data.next_command_at, null)
    assert.deepEqual(
      (await queued(charger)).map(({ command }) => command),
      ['start_charging', 'stop_charging'],
    )
  })
  it('plans nothing while it is disabled or when its time is over', async () => {
    const charger = await server.charger()
    for (const change of [{ enabled: false }, { effective_until: '2026-01-01T00:00:00Z' }]) {
      assert.equal((await set(charger, daily(change))).body.data.next_command_at, null)
    }
    assert.deepEqual(await asked(charger), [])
  })
  it('404 on a connector that was never seen, and on a charger of another tenant or of nobody', async () => {
    const charger = await server.charger()
    const other = await server.operator('other')
    const body = daily()
    for (const [path, as] of [
      [at(charger, 9), token],
      [at(charger), other],
      [at({ deviceId: randomUUID() }), token],
      [at({ deviceId: 'no-uuid' }), token],
    ] as const) {
      const answer = await server.call('POST', path, { token: as, body })
      assert.deepEqual([answer.status, answer.body.code, answer.body.data], [404, 3001, null])
    }
    assert.equal(await stored(charger), undefined)
  })
  it('400 for what is no schedule, and keeps the one that was there', async () => {
    const charger = await server.charger()
    const before = await set(charger, daily())
    const slot = (change: object) => ({ time_slots: [{ start: '10:00', end: '12:00', action: 'charge', ...change }] })
    const wrong = [
      ...['schedule_id', 'enabled', 'type', 'time_slots'].map(field => ({ [field]: undefined })),
      { type: 'yearly' },
      { time_slots: [] },
      { timezone: 'Mars/North' },
      { timezone: '+01:00' },
      { target_soc: 101 },
      { effective_from: 'soon' },
      { effective_from: '2027-06-02T00:00:00Z', effective_until: '2027-06-02T00:00:00Z' },
      { type: 'weekly' },
      slot({ start: '25:00' }),
      slot({ start: '9:00' }),
      slot({ end: '10:00' }),
      slot({ action: 'dance' }),
      slot({ power_limit: -1 }),
      { type: 'weekly', ...slot({ day_of_week: ['monday'] }) },
      { type: 'weekly', ...slot({ day_of_week: [] }) },
    ]
    for (const change of wrong) {
      const { status, body } = await set(charger, daily(change))
      assert.deepEqual([status, body.data], [400, null], JSON.stringify(change))
    }
    assert.deepEqual((await get(charger)).body, before.body)
  })
})

describe('an edge of a schedule', () => {
  it('queues the command of the slot, and plans the next edge', async () => {
    const charger = await server.charger()
    const time_slots = [
      { start: '10:00', end: '12:00', action: 'charge', power_limit: 7 },
      { start: '12:00', end: '13:00', action: 'discharge', power_limit: 11 },
      { start: '15:00', end: '16:00', action: 'idle' },
    ]
    const { data } = (await set(charger, daily({ time_slots, effective_from: '2027-06-07T00:00:00Z' }))).body
    const edges = [data.next_command_at]
    for (let edge = 0; edge < 4; edge++) {
      await reachEdge(charger)
      edges.push((await get(charger)).body.data.next_command_at)
    }
    assert.deepEqual(
      edges,
      ['07T09', '07T11', '07T12', '07T14', '08T09'].map(text => `2027-06-${text}:00:00.000Z`),
    )
    const common = { connector_id: 1, schedule_id: 'night' }
    assert.deepEqual(await queued(charger), [
      { command: 'start_charging', params: { connector_id: 1, charge_power: 7, target_soc: 80 }, ...common },
      {
        command: 'discharge',
        params: { connector_id: 1, discharge_power: 11, duration: 3600, min_soc: 80 },
        ...common,
      },
      { command: 'stop_charging', params: { connector_id: 1, reason: 'schedule_end' }, ...common },
      { command: 'stop_charging', params: { connector_id: 1, reason: 'schedule' }, ...common },
    ])
    assert.deepEqual(
      (await asked(charger)).map(({ start_after }) => start_after.toISOString()),
      edges,
    )
  })
  it('reaches the charger by itself when its time comes', async () => {
    const charger = await server.charger()
    await set(charger, daily())
    // The clock is not moved, the job is: it stands in the queue of the server, which asks for jobs that are due.
    const due = await db('jobs.job')
      .whereRaw(`name = 'run-schedule' and data->>'deviceId' = ?`, [charger.deviceId])
      .update({ start_after: db.fn.now() })
    assert.equal(due, 1)
    const { body } = await server.call('GET', '/v1/device/commands?wait=5', { token: charger.token })
    const { command_id, command } = body.data
    assert.ok(['start_charging', 'stop_charging'].includes(command))
    const shown = await server.call('GET', `/v1/commands/${command_id}`, { token })
    assert.equal(shown.body.data.schedule_id, 'night')
  })
  it('queues one command, however often its job runs', async () => {
    const charger = await server.charger()
    await set(charger, daily())
    const job = await jobOf(charger)
    await Promise.all([run(job), run(job), run(job)])
    await run(job)
    assert.equal((await queued(charger)).length, 1)
  })
  it('that was missed is made up for within the time in which a command expires, not hours later', async () => {
    for (const [minutes, commands] of [
      [3, 1],
      [6, 0],
      [3000, 0],
    ] as const) {
      const charger = await server.charger()
      const missed = new Date(Date.now() - minutes * 60_000)
      missed.setUTCSeconds(0, 0)
      const start = missed.toISOString().slice(11, 16)
      const time_slots = [{ start, end: start === '12:00' ? '13:00' : '12:00', action: 'charge' }]
      await set(charger, daily({ time_slots, timezone: 'UTC' }))
      const past = { next_command_at: missed, updated_at: new Date(missed.getTime() - 60_000) }
      await db('core.schedules').where({ device_id: charger.deviceId }).update(past)
      await reachEdge(charger)
      assert.equal((await queued(charger)).length, commands, `${minutes} minutes`)
      assert.ok(Date.parse((await get(charger)).body.data.next_command_at) > Date.now())
    }
  })
})

describe('deleteSchedule', () => {
  it('200, and neither the schedule nor its edges are left', async () => {
    const charger = await server.charger()
    await set(charger, daily())
    const job = await jobOf(charger)
    const { status, body } = await server.call('DELETE', at(charger), { token })
    assert.deepEqual([status, body], [200, { code: 0, message: 'success', data: null }])
    assert.equal((await get(charger)).status, 404)
    await run(job)
    assert.deepEqual(await queued(charger), [])
    assert.equal((await server.call('DELETE', at(charger), { token })).status, 404)
  })
  it('ends what the schedule runs', async () => {
    const charger = await server.charger()
    await setRunning(charger)
    const other = await server.operator('other')
    assert.equal((await server.call('DELETE', at(charger), { token: other })).status, 404)
    assert.deepEqual(await queued(charger), [])
    assert.equal((await server.call('DELETE', at(charger), { token })).status, 200)
    assert.deepEqual(await queued(charger), [ending])
  })
  it('404 for another tenant, which cannot read it either', async () => {
    const charger = await server.charger()
    await set(charger, daily())
    const other = await server.operator('other')
    assert.equal((await server.call('DELETE', at(charger), { token: other })).status, 404)
    assert.equal((await get(charger, other)).status, 404)
    assert.equal((await get(charger)).status, 200)
  })
})
