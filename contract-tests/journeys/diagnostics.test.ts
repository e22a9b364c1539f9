import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { areVisible } from '../../src/store/transactions.ts'
import { runTwin } from '../../twin/run.ts'
import { startTestServer } from '../support/testServer.ts'

/** A technician and a charger of the twin: each of the nine commands is obeyed, and leaves behind what it should. */

const server = await startTestServer()
const { feed, db } = server.services
const token = await server.operator('admin')
const known = new Set(await db('core.devices').pluck('device_id'))
const stop = new AbortController()
const run = runTwin({
  url: server.url,
  chargers: 1,
  // A minute of the charger in a second of ours.
  duration: 50,
  speed: 60,
  occupied: 0,
  sessionsPerHour: 0,
  faultRate: 0,
  reconnectRate: 0,
  limitScale: 1000,
  signal: stop.signal,
})
after(() => stop.abort())
const deviceId = await firstHealth()

/** The new charger's id, when it has told how its parts are. */
async function firstHealth(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const end = feed.subscribe('telemetry.readings', ({ row }) => {
    if (!known.has(row.device_id as string) && row.component_health !== null) resolve(row.device_id as string)
  })
  const id = await promise
  end()
  return id
}

const read = async (path: string) => (await server.call('GET', path, { token })).body.data

/** Asks for a command and waits until it is over. */
async function obeyed(body: object) {
  const { promise: over, resolve } = Promise.withResolvers<number>()
  let id: string | undefined
  const finished = new Map<unknown, number>()
  const settle = () => finished.has(id) && resolve(finished.get(id)!)
  const end = feed.subscribeTo('core.commands', 'device_id', deviceId, ({ row, transaction }) => {
    if (!['completed', 'failed', 'expired'].includes(row.status as string)) return
    finished.set(row.command_id, transaction)
    settle()
  })
  const answer = await server.call('POST', `/v1/devices/${deviceId}/commands`, { token, body })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  id = answer.body.data.command_id as string
  settle()
  const transaction = await over
  end()
  // What the feed tells can be found a moment later, and Postgres has no event for that moment.
  while (!(await areVisible(db, [transaction]))) await delay(2)
  return read(`/v1/commands/${id}`)
}

const customer_authorization_ref = 'CASE-1'

describe('the twin', () => {
  for (const command of ['soft_reset', 'reboot', 'force_reconnect']) {
    it(`obeys ${command}, and comes back`, async () => {
      assert.equal((await obeyed({ command })).status, 'completed')
    })
  }

  it('uploads its log for fetch_logs', async () => {
    const { status, details } = await obeyed({ command: 'fetch_logs' })
    assert.equal(status, 'completed')
    const path = `/v1/devices/${deviceId}/logs/${details.log_id}`
    const { status: found, body } = await server.call('GET', path, { token })
    assert.equal(found, 200)
    assert.match(body, /switched on\n/)
    assert.equal(body.trim().split('\n').length, details.lines)
  })

  it('tests itself, and is out of service meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = feed.subscribeTo('telemetry.readings', 'device_id', deviceId, ({ row }) => {
      if (row.state === 'unavailable') resolve()
    })
    const { status, details } = await obeyed({ command: 'run_self_test', customer_authorization_ref })
    await promise
    end()
    assert.deepEqual([status, details.passed], ['completed', true])
    assert.ok(details.tests.length > 3)
  })

  it('calibrates a sensor and resets a power module', async () => {
    const params = { sensor: 'current', reference_value: 31.5, technician_on_site: true }
    const calibrated = await obeyed({ command: 'calibrate_sensor', params, customer_authorization_ref })
    assert.deepEqual(
      [calibrated.status, calibrated.details],
      ['completed', { sensor: 'current', reference_value: 31.5 }],
    )
    const reset = await obeyed({
      command: 'reset_power_module',
      params: { module: 'PM-2' },
      customer_authorization_ref,
    })
    assert.deepEqual([reset.status, reset.details], ['completed', { module: 'PM-2' }])
  })

  it('sets its counters back, which its health shows', async () => {
    for (const command of ['reset_contactor_counter', 'reset_fan_counter'])
      assert.equal((await obeyed({ command })).status, 'completed')
    const { counters } = await read(`/v1/devices/${deviceId}/component-health`)
    assert.ok(counters.contactor.last_reset_at && counters.fan.last_reset_at)
    assert.equal(counters.discharge_contactor.last_reset_at, null)
  })

  it('has done so without a refusal', async () => {
    stop.abort()
    const summary = await run
    assert.equal(summary.refusals, 0, JSON.stringify(summary.refused))
    assert.deepEqual(summary.commands, { received: 9, completed: 9, rejected: 0, failed: 0 })
  })
})
