import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashSecret, newSecret } from '../../../src/auth/secrets.ts'
import { connectAsOwner } from '../../../src/postgres/connect.ts'
import * as clients from '../../../src/store/clients.ts'
import { sample } from '../../support/bodies.ts'
import { startTestServer, type TestCharger } from '../../support/testServer.ts'

const server = await startTestServer()
const technician = await server.operator('admin')
const customer_authorization_ref = 'CASE-1'
const LOW = [
  { command: 'reboot' },
  { command: 'soft_reset' },
  { command: 'force_reconnect' },
  { command: 'fetch_logs' },
  { command: 'reset_contactor_counter' },
  { command: 'reset_fan_counter' },
]
const calibration = { sensor: 'voltage', reference_value: 400.5, technician_on_site: true }
const MEDIUM = [
  { command: 'run_self_test', customer_authorization_ref },
  { command: 'calibrate_sensor', params: calibration, customer_authorization_ref },
  { command: 'reset_power_module', params: { module: 'PM-3' }, customer_authorization_ref },
]

/** A token of a new client of the demo tenant that holds these scopes. */
async function tokenWith(...scopes: string[]): Promise<string> {
  const owner = connectAsOwner(server.databaseUrl)
  const { tenant_id } = (await clients.find(owner, server.credentials.tellus.client_id))!
  const [client_id, client_secret] = [`test-${randomUUID()}`, newSecret()]
  await clients.create(owner, { client_id, tenant_id, name: 'test', secret_hash: hashSecret(client_secret), scopes })
  await owner.destroy()
  const body = { grant_type: 'client_credentials', client_id, client_secret }
  return (await server.call('POST', '/v1/oauth/token', { body })).body.access_token
}

const [driver, diagnostician] = [await tokenWith('device:write'), await tokenWith('diagnostics:write')]

const ask = ({ deviceId }: Pick<TestCharger, 'deviceId'>, body: unknown, token = technician, headers = {}) =>
  server.call('POST', `/v1/devices/${deviceId}/commands`, { token, body, headers })
const find = async (id: string) => (await server.call('GET', `/v1/commands/${id}`, { token: technician })).body.data
const poll = async ({ token }: TestCharger) =>
  (await server.call('GET', '/v1/device/commands?wait=0', { token })).body.data
const tell = ({ token }: TestCharger, state: string) =>
  server.call('POST', '/v1/device/telemetry', { token, body: sample({ state }) })

describe('requestDiagnostic', () => {
  it('200 for each of the nine commands, which reach the charger and tell their risk', async () => {
    for (const [bodies, risk] of [
      [LOW, 'low'],
      [MEDIUM, 'medium'],
    ] as const) {
      for (const body of bodies) {
        const charger = await server.charger()
        const answer = await ask(charger, body)
        assert.equal(answer.status, 200, JSON.stringify(answer.body))
        const { command_id, ...rest } = answer.body.data
        assert.deepEqual(rest, { status: 'queued', risk_class: risk })
        const params = 'params' in body ? body.params : {}
        const stored = await find(command_id)
        assert.deepEqual(
          [stored.command, stored.params, stored.risk_class, stored.customer_authorization_ref, stored.connector_id],
          [body.command, params, risk, risk === 'medium' ? customer_authorization_ref : undefined, null],
        )
        const pending = await poll(charger)
        assert.deepEqual([pending.command_id, pending.command], [command_id, body.command])
        if (body.command !== 'fetch_logs') assert.deepEqual(pending.params, params)
      }
    }
  })

  it('takes those of low risk from whoever may write devices, and those of medium risk only with diagnostics:write', async () => {
    const charger = await server.charger()
    for (const body of [...LOW, ...MEDIUM]) {
      assert.equal((await ask(charger, body, diagnostician)).status, 200, body.command)
      const { status, body: answer } = await ask(charger, body, driver)
      if (LOW.includes(body)) assert.equal(status, 200, body.command)
      else {
        assert.deepEqual([status, answer.code, answer.details], [403, 2003, { scope: 'diagnostics:write' }])
        assert.match(answer.message, /diagnostics:write/)
      }
    }
  })

  it("400 1002 for one of medium risk without the customer's authorisation, 1001 for an empty one", async () => {
    const charger = await server.charger()
    for (const body of MEDIUM) {
      const without = await ask(charger, { ...body, customer_authorization_ref: undefined })
      const field = 'customer_authorization_ref'
      assert.deepEqual([without.status, without.body.code, without.body.details], [400, 1002, { field }])
      for (const bad of ['', '  ', 7, null]) {
        const answer = await ask(charger, { ...body, customer_authorization_ref: bad })
        assert.deepEqual([answer.status, answer.body.code, answer.body.details], [400, 1001, { field }])
      }
    }
  })

  it('400 that names the field for parameters that are missing or make no sense', async () => {
    const charger = await server.charger()
    const [, calibrate, reset] = MEDIUM
    const cases: [object, string][] = [
      [{}, 'command'],
      [{ command: 'explode' }, 'command'],
      [{ command: 'start_charging' }, 'command'],
      [{ ...calibrate, params: undefined }, 'params'],
      [{ ...calibrate, params: { ...calibration, technician_on_site: undefined } }, 'params.technician_on_site'],
      [{ ...calibrate, params: { ...calibration, technician_on_site: false } }, 'params.technician_on_site'],
      [{ ...calibrate, params: { ...calibration, reference_value: undefined } }, 'params.reference_value'],
      [{ ...calibrate, params: { ...calibration, reference_value: 'much' } }, 'params.reference_value'],
      [{ ...calibrate, params: { ...calibration, sensor: 'smell' } }, 'params.sensor'],
      [{ ...calibrate, params: { ...calibration, connector_id: 0 } }, 'params.connector_id'],
      [{ ...reset, params: {} }, 'params.module'],
      [{ ...reset, params: { module: 3 } }, 'params.module'],
      [{ command: 'reset_contactor_counter', params: { contactor: 'spare' } }, 'params.contactor'],
      [{ command: 'fetch_logs', params: { since: 'yesterday' } }, 'params.since'],
      [
        { command: 'fetch_logs', params: { since: '2026-05-10T14:00:00Z', until: '2026-05-10T14:00:00Z' } },
        'params.until',
      ],
      [{ command: 'reboot', params: 'now' }, 'params'],
      [{ command: 'reboot', force: 'yes' }, 'force'],
    ]
    for (const [body, field] of cases) {
      const answer = await ask(charger, body)
      assert.equal(answer.status, 400, JSON.stringify(body))
      assert.equal(answer.body.details.field, field, JSON.stringify(body))
    }
    assert.equal(await poll(charger), null)
  })

  it('409 for those of medium risk while a session is running, unless forced; those of low risk are taken', async () => {
    for (const state of ['charging', 'discharging']) {
      const charger = await server.charger()
      await tell(charger, state)
      for (const body of MEDIUM) {
        const refused = await ask(charger, body)
        assert.deepEqual([refused.status, refused.body.code, refused.body.data], [409, 4001, null])
        assert.equal((await ask(charger, { ...body, force: false })).status, 409)
      }
      assert.equal(await poll(charger), null)
      for (const body of LOW) assert.equal((await ask(charger, body)).status, 200, body.command)
      for (const body of MEDIUM) assert.equal((await ask(charger, { ...body, force: true })).status, 200)
    }
  })

  it('takes those of medium risk again when the session is over', async () => {
    const charger = await server.charger()
    await tell(charger, 'charging')
    assert.equal((await ask(charger, MEDIUM[0])).status, 409)
    await server.call('POST', '/v1/device/events', {
      token: charger.token,
      body: { timestamp: new Date().toISOString(), event_type: 'stop', connector_id: 1, data: {} },
    })
    assert.equal((await ask(charger, MEDIUM[0])).status, 200)
  })

  it('is for a connector where a calibration names one, 404 for one that was never seen', async () => {
    const charger = await server.charger()
    const [, calibrate] = MEDIUM
    const of = (connector_id: number) => ask(charger, { ...calibrate, params: { ...calibration, connector_id } })
    assert.equal((await of(9)).status, 404)
    const { command_id } = (await of(1)).body.data
    assert.equal((await find(command_id)).connector_id, 1)
  })

  it("404 for another tenant's charger, also while it is charging", async () => {
    const charger = await server.charger()
    await tell(charger, 'charging')
    const stranger = await server.operator('other')
    assert.equal((await ask(charger, LOW[0], stranger)).status, 404)
    for (const deviceId of [randomUUID(), 'nonsense']) assert.equal((await ask({ deviceId }, MEDIUM[0])).status, 404)
  })

  it('asks once for requests with the same Idempotency-Key', async () => {
    const charger = await server.charger()
    const key = { 'Idempotency-Key': randomUUID() }
    const [first, second] = [await ask(charger, LOW[0], driver, key), await ask(charger, LOW[0], driver, key)]
    assert.deepEqual(second.body, first.body)
    await poll(charger)
    assert.equal(await poll(charger), null)
  })

  it('has no other way in: the manual queue does not take diagnostics', async () => {
    const { deviceId } = await server.charger()
    const body = { device_id: deviceId, command: 'run_self_test' }
    const { status } = await server.call('POST', '/admin/queue-command', { token: technician, body })
    assert.equal(status, 400)
  })
})
