import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { componentHealth, inSeconds, sample } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator()

const upload = (charger: TestCharger, contactor_cycles: number, minutesAgo: number) =>
  server.call('POST', '/v1/device/telemetry', {
    token: charger.token,
    body: sample({
      state: 'idle',
      timestamp: inSeconds(-60 * minutesAgo),
      component_health: componentHealth({ contactor_cycles }),
    }),
  })
const health = async ({ deviceId }: TestCharger) =>
  (await server.call('GET', `/v1/devices/${deviceId}/component-health`, { token })).body.data
const ask = async ({ deviceId }: TestCharger, command: string, params: object = {}): Promise<string> => {
  const body = { command, params }
  return (await server.call('POST', `/v1/devices/${deviceId}/commands`, { token, body })).body.data.command_id
}
const report = async ({ token: own }: TestCharger, command_id: string, status: string) => {
  const body = { command_id, status, timestamp: inSeconds(0) }
  assert.equal((await server.call('POST', '/v1/device/command-status', { token: own, body })).status, 200)
}

async function charger() {
  const made = await server.charger()
  await upload(made, 84_210, 2)
  return made
}
/** Which counters have been set back. */
const setBack = async (of: TestCharger) =>
  Object.entries((await health(of)).counters)
    .filter(([, counter]) => (counter as { last_reset_at: string | null }).last_reset_at !== null)
    .map(([name]) => name)

describe('a counter reset', () => {
  for (const [command, params, counter] of [
    ['reset_contactor_counter', {}, 'contactor'],
    ['reset_contactor_counter', { contactor: 'main' }, 'contactor'],
    ['reset_contactor_counter', { contactor: 'discharge' }, 'discharge_contactor'],
    ['reset_fan_counter', {}, 'fan'],
  ] as const) {
    it(`${command} ${JSON.stringify(params)} shows when it was completed, on its own counter only`, async () => {
      const [made, other] = [await charger(), await charger()]
      const id = await ask(made, command, params)
      await report(made, id, 'accepted')
      assert.deepEqual(await setBack(made), [])
      const before = Date.now()
      await report(made, id, 'completed')
      assert.deepEqual(await setBack(made), [counter])
      const { last_reset_at } = (await health(made)).counters[counter]
      assert.ok(Math.abs(Date.parse(last_reset_at) - before) < 60_000)
      assert.deepEqual(await setBack(other), [])
    })
  }

  it('that failed or was rejected sets nothing back', async () => {
    const made = await charger()
    for (const end of ['failed', 'rejected']) await report(made, await ask(made, 'reset_fan_counter'), end)
    assert.deepEqual(await setBack(made), [])
  })

  it('is the last one, and telling it again moves nothing', async () => {
    const made = await charger()
    const times = []
    for (const _ of [1, 2]) {
      const id = await ask(made, 'reset_fan_counter')
      for (const __ of [1, 2]) {
        await report(made, id, 'completed')
        times.push((await health(made)).counters.fan.last_reset_at)
      }
    }
    assert.deepEqual([times[0], times[2]], [times[1], times[3]])
    assert.ok(times[0] < times[2])
  })

  it('leaves what is counted to the charger, whose drop begins a new history', async () => {
    const made = await server.charger()
    const day = 1440
    for (let days = 20; days >= 10; days--) await upload(made, 90_000 - days * 100, days * day)
    await report(made, await ask(made, 'reset_contactor_counter'), 'completed')
    assert.equal((await health(made)).component_health.contactor_cycles, 89_000)
    for (let days = 9; days >= 0; days--) await upload(made, (9 - days) * 50, days * day + 1)
    const { component_health, remaining_life } = await health(made)
    assert.equal(component_health.contactor_cycles, 450)
    assert.equal(remaining_life[0].cycles_per_day, 50)
  })
})
