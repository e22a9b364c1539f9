import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { register, resetSecret } from '../../../src/store/registration.ts'
import { inSeconds } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'
import { whileUncommitted } from '../../support/whileUncommitted.ts'

const server = await startTestServer()
const charger = await server.charger()
const grant_type = 'client_credentials'
const ask = (body: unknown) => server.call('POST', '/v1/device/token', { body })
const beat = (token: string | undefined) =>
  server.call('POST', '/v1/device/heartbeat', { token, body: { timestamp: inSeconds(0), status: 'online' } })

describe('issueDeviceToken', () => {
  it('200 with a bare token for 24 hours that no cache may keep', async () => {
    const { status, headers, body } = await ask({
      device_id: charger.deviceId,
      device_secret: charger.secret,
      grant_type,
    })
    assert.equal(status, 200)
    assert.match(body.access_token, /^[0-9a-f]{64}$/)
    assert.deepEqual({ ...body, access_token: '' }, { access_token: '', token_type: 'Bearer', expires_in: 86400 })
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal((await beat(body.access_token)).status, 200)
  })
  it('leaves earlier tokens good', async () => {
    await ask({ device_id: charger.deviceId, device_secret: charger.secret, grant_type })
    assert.equal((await beat(charger.token)).status, 200)
  })
  it('200 for a secret of long ago, because secrets do not expire', async () => {
    const old = await server.charger()
    await server.services
      .db('core.devices')
      .where({ device_id: old.deviceId })
      .update({ created_at: inSeconds(-3e7) })
    assert.equal((await ask({ device_id: old.deviceId, device_secret: old.secret, grant_type })).status, 200)
  })
  it('401 invalid_client for a wrong secret, and the same for a charger that nobody knows', async () => {
    const secret = '0'.repeat(64)
    const wrong = await ask({ device_id: charger.deviceId, device_secret: secret, grant_type })
    assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client'])
    for (const device_id of [randomUUID(), 'no-uuid', "' or 1=1"]) {
      const unknown = await ask({ device_id, device_secret: secret, grant_type })
      assert.deepEqual([unknown.status, unknown.body], [401, wrong.body])
    }
    assert.deepEqual(Object.keys(wrong.body), ['error', 'error_description'])
    assert.equal(wrong.headers.get('cache-control'), 'no-store')
  })
  it("401 with another charger's secret", async () => {
    const other = await server.charger()
    assert.equal((await ask({ device_id: charger.deviceId, device_secret: other.secret, grant_type })).status, 401)
  })
  it('401 after an operator has reset the secret', async () => {
    const reset = await server.charger()
    await server.call('POST', `/v1/devices/${reset.deviceId}/reset-secret`, { token: await server.operator() })
    assert.equal((await ask({ device_id: reset.deviceId, device_secret: reset.secret, grant_type })).status, 401)
  })
  it('401 when the secret is reset or replaced between its proof and the token, and issues none', async () => {
    const { db } = server.services
    for (const way of ['reset', 'replaced'] as const) {
      const { deviceId, secret, sn } = await server.charger()
      const { tenant_id } = await db('core.devices').first('tenant_id').where({ device_id: deviceId })
      const facts = {
        sn,
        model: 'TP-DC180',
        manufacturer: 'Tellus Power',
        firmware_version: '1',
        device_secret: secret,
      }
      const { status, body } = await whileUncommitted(
        db,
        transaction =>
          way === 'reset' ? resetSecret(transaction, tenant_id, deviceId) : register(transaction, tenant_id, facts),
        () => ask({ device_id: deviceId, device_secret: secret, grant_type }),
      )
      assert.deepEqual([status, body.error], [401, 'invalid_client'], way)
      const good = await db('core.access_tokens').where({ device_id: deviceId, revoked_at: null })
      assert.deepEqual(good, [], way)
    }
  })
  it('400 unsupported_grant_type for another grant', async () => {
    const { status, body } = await ask({
      device_id: charger.deviceId,
      device_secret: charger.secret,
      grant_type: 'password',
    })
    assert.deepEqual([status, body.error], [400, 'unsupported_grant_type'])
  })
  it('400 invalid_request without a field', async () => {
    const whole = { device_id: charger.deviceId, device_secret: charger.secret, grant_type }
    for (const field of Object.keys(whole)) {
      const { status, body } = await ask({ ...whole, [field]: undefined })
      assert.deepEqual([status, body.error], [400, 'invalid_request'])
    }
  })
})

describe('a device token', () => {
  it('401 with code 2001 when it is missing, malformed or unknown', async () => {
    for (const token of [undefined, 'x', '0'.repeat(64)]) {
      const { status, body, headers } = await beat(token)
      assert.deepEqual([status, body.code, body.data], [401, 2001, null])
      assert.match(headers.get('www-authenticate')!, /^Bearer/)
    }
  })
  it('401 with code 2002 when it has expired', async () => {
    const late = await server.charger()
    const tokens = server.services.db('core.access_tokens').where({ device_id: late.deviceId })
    await tokens.update({ expires_at: inSeconds(-1) })
    const { status, body } = await beat(late.token)
    assert.deepEqual([status, body.code, body.data], [401, 2002, null])
  })
  it('403 on what is for operators, and an operator on what is for chargers', async () => {
    const console = await server.call('GET', '/v1/sites', { token: charger.token })
    const device = await beat(await server.operator())
    assert.deepEqual([console.status, console.body.code, device.status, device.body.code], [403, 2003, 403, 2003])
  })
})
