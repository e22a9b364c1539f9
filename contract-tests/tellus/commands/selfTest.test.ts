import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inSeconds, sample, site } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const token = await server.operator('admin')
const { db } = server.services
const SELF_TEST = { command: 'run_self_test', customer_authorization_ref: 'CASE-1' }
const PASSED = { passed: true, tests: [{ name: 'isolation', passed: true }] }

const ask = async ({ deviceId }: TestCharger, more: object = {}): Promise<string> => {
  const options = { token, body: { ...SELF_TEST, ...more } }
  const { status, body } = await server.call('POST', `/v1/devices/${deviceId}/commands`, options)
  assert.equal(status, 200, JSON.stringify(body))
  return body.data.command_id
}
const report = (charger: TestCharger, command_id: string, status: string, details?: object) =>
  server.call('POST', '/v1/device/command-status', {
    token: charger.token,
    body: { command_id, status, timestamp: inSeconds(0), details },
  })
const read = async (path: string) => (await server.call('GET', path, { token })).body.data
const states = async ({ deviceId }: TestCharger): Promise<string[]> => {
  const { items } = await read(`/v1/devices/${deviceId}/connectors`)
  const { connectors } = await read(`/v1/devices/${deviceId}`)
  const status = (list: { status: string }[]) => list.map(connector => connector.status)
  assert.deepEqual(status(connectors), status(items))
  return status(items)
}
const tell = async (charger: TestCharger, state: string) =>
  assert.equal(
    (await server.call('POST', '/v1/device/telemetry', { token: charger.token, body: sample({ state }) })).status,
    200,
  )

describe('a self-test', () => {
  it('stores its report, which the command shows', async () => {
    const charger = await server.charger()
    const details = {
      passed: false,
      tests: [
        { name: 'isolation', passed: true },
        { name: 'cooling_fan', passed: false, rpm: 900 },
      ],
    }
    const id = await ask(charger)
    await report(charger, id, 'accepted')
    assert.equal((await report(charger, id, 'completed', details)).status, 200)
    const command = await read(`/v1/commands/${id}`)
    assert.deepEqual([command.status, command.details], ['completed', details])
  })

  it('400 when it is completed without its report or with half of one, and stays open', async () => {
    const charger = await server.charger()
    const id = await ask(charger)
    await report(charger, id, 'accepted')
    for (const [details, code, field] of [
      [undefined, 1002, 'details.passed'],
      [{ passed: true }, 1002, 'details.tests'],
      [{ passed: true, tests: [{ name: 'fan' }] }, 1002, 'details.tests.0.passed'],
      [{ passed: 'yes', tests: [] }, 1001, 'details.passed'],
    ] as const) {
      const { status, body } = await report(charger, id, 'completed', details)
      assert.deepEqual([status, body.code, body.details.field], [400, code, field])
    }
    assert.equal((await read(`/v1/commands/${id}`)).status, 'accepted')
    assert.equal((await report(charger, id, 'completed', PASSED)).status, 200)
  })

  for (const [end, details] of [
    ['completed', PASSED],
    ['failed', undefined],
    ['rejected', undefined],
  ] as const) {
    it(`shows its connectors as unavailable until it is ${end}`, async () => {
      const charger = await server.charger()
      await tell(charger, 'idle')
      assert.deepEqual(await states(charger), ['idle', 'idle'])
      const id = await ask(charger)
      assert.deepEqual(await states(charger), ['unavailable', 'unavailable'])
      if (end !== 'rejected') await report(charger, id, 'accepted')
      await tell(charger, 'idle')
      assert.deepEqual(await states(charger), ['unavailable', 'unavailable'])
      await report(charger, id, end, details)
      assert.deepEqual(await states(charger), ['idle', 'idle'])
    })
  }

  it('shows them again when it expires, before the charger accepted it and as long afterwards', async () => {
    const charger = await server.charger()
    const id = await ask(charger)
    const change = (change: object) => db('core.commands').where({ command_id: id }).update(change)
    await change({ created_at: inSeconds(-301), expires_at: inSeconds(-1) })
    assert.deepEqual(await states(charger), ['idle', 'idle'])
    await change({
      created_at: inSeconds(-301),
      expires_at: inSeconds(1),
      status: 'accepted',
      accepted_at: inSeconds(-300),
    })
    assert.deepEqual(await states(charger), ['unavailable', 'unavailable'])
    await change({ accepted_at: inSeconds(-303) })
    assert.deepEqual(await states(charger), ['idle', 'idle'])
    assert.equal((await report(charger, id, 'completed', PASSED)).status, 200)
  })

  it('that was forced lets a session show until the charger accepts it', async () => {
    const charger = await server.charger()
    await tell(charger, 'charging')
    const id = await ask(charger, { force: true })
    assert.deepEqual(await states(charger), ['charging', 'unavailable'])
    await report(charger, id, 'accepted')
    assert.deepEqual(await states(charger), ['unavailable', 'unavailable'])
  })

  it('counts as unavailable on its site, and on no other charger', async () => {
    const [tested, other] = [await server.charger(), await server.charger()]
    const place = site({ device_ids: [tested.deviceId, other.deviceId] })
    await server.call('POST', '/v1/device/site', { token, body: place })
    await ask(tested)
    const { status_summary } = await read(`/v1/sites/${place.site_id}`)
    assert.deepEqual(status_summary, { idle: 2, charging: 0, discharging: 0, fault: 0, unavailable: 2 })
    assert.deepEqual(await states(other), ['idle', 'idle'])
  })
})
