import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inSeconds } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const charger = { sn: 'REG-001', model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '3.1.0' }
const register = (body: unknown, token?: string) => server.call('POST', '/v1/device/register', { body, token })

describe('registerDevice', () => {
  it('200 with an id, a secret of 64 hex characters and the lifetime of a token', async () => {
    const { status, body } = await register(charger)
    assert.equal(status, 200)
    assert.equal(body.message, 'success')
    assert.match(body.data.device_secret, /^[0-9a-f]{64}$/)
    assert.equal(body.data.expires_in, 86400)
  })
  it('creates the connectors that the model is known to have', async () => {
    const { body } = await register({ ...charger, sn: 'REG-002' })
    const token = await server.operator()
    const connectors = await server.call('GET', `/v1/devices/${body.data.device_id}/connectors`, { token })
    assert.equal(connectors.body.data.total, 2)
  })
  it('200 for a model that nobody knows, without connectors', async () => {
    const { body } = await register({ ...charger, sn: 'REG-003', model: 'HOME-MADE' })
    const connectors = await server.call('GET', `/v1/devices/${body.data.device_id}/connectors`, {
      token: await server.operator(),
    })
    assert.equal(connectors.body.data.total, 0)
  })
  it('409 when the serial number is taken, and names no id', async () => {
    const first = await register({ ...charger, sn: 'REG-004' })
    const { status, body } = await register({ ...charger, sn: 'REG-004' })
    assert.equal(status, 409)
    assert.deepEqual([body.code, body.data], [4001, null])
    assert.ok(!JSON.stringify(body).includes(first.body.data.device_id))
  })
  it('409 when the proof is not the present secret', async () => {
    await register({ ...charger, sn: 'REG-005' })
    assert.equal((await register({ ...charger, sn: 'REG-005', device_secret: '0'.repeat(64) })).status, 409)
  })
  it('rotates the secret of a charger that proves the present one, and revokes its tokens', async () => {
    const known = await server.charger()
    const { status, body } = await register({ ...charger, sn: known.sn, device_secret: known.secret })
    assert.equal(status, 200)
    assert.equal(body.data.device_id, known.deviceId)
    assert.notEqual(body.data.device_secret, known.secret)
    const token = (secret: string) =>
      server.call('POST', '/v1/device/token', {
        body: { device_id: known.deviceId, device_secret: secret, grant_type: 'client_credentials' },
      })
    assert.equal((await token(known.secret)).status, 401)
    assert.equal((await token(body.data.device_secret)).status, 200)
  })
  it('registers again without proof after an operator has reset the secret', async () => {
    const known = await server.charger()
    const reset = await server.call('POST', `/v1/devices/${known.deviceId}/reset-secret`, {
      token: await server.operator(),
    })
    assert.equal(reset.status, 200)
    const again = await register({ ...charger, sn: known.sn })
    assert.deepEqual([again.status, again.body.data.device_id], [200, known.deviceId])
    assert.equal((await register({ ...charger, sn: known.sn })).status, 409)
  })
  it('creates the connectors of the model that a charger names when it registers again, and leaves those that it has', async () => {
    const known = await server.charger('HOME-MADE')
    const event = { timestamp: inSeconds(0), event_type: 'fault', connector_id: 1, data: { fault_code: 203 } }
    await server.call('POST', '/v1/device/events', { token: known.token, body: event })
    assert.equal((await register({ ...charger, sn: known.sn, device_secret: known.secret })).status, 200)
    const { body } = await server.call('GET', `/v1/devices/${known.deviceId}/connectors`, {
      token: await server.operator(),
    })
    assert.deepEqual(
      body.data.items.map(({ status }: { status: string }) => status),
      ['fault', 'idle'],
    )
  })
  it('409 for a serial number of another tenant, also after its reset', async () => {
    const known = await server.charger()
    await server.call('POST', `/v1/devices/${known.deviceId}/reset-secret`, { token: await server.operator() })
    assert.equal((await register({ ...charger, sn: known.sn }, await server.operator('other'))).status, 409)
  })
  it("binds to the operator's tenant while enrollment is open", async () => {
    const token = await server.operator('other')
    const { body } = await register({ ...charger, sn: 'REG-006' }, token)
    assert.equal((await server.call('GET', `/v1/devices/${body.data.device_id}`, { token })).status, 200)
    assert.equal(
      (await server.call('GET', `/v1/devices/${body.data.device_id}`, { token: await server.operator() })).status,
      404,
    )
  })
  it('ignores fields that it does not know', async () => {
    assert.equal((await register({ ...charger, sn: 'REG-007', tenant_id: 'x', secret_hash: 'y' })).status, 200)
  })
  it('400 with the missing field', async () => {
    const { status, body } = await register({ ...charger, sn: undefined })
    assert.deepEqual([status, body.code, body.data, body.details.field], [400, 1002, null, 'sn'])
  })
  it('400 for a NUL character', async () => {
    assert.equal((await register({ ...charger, sn: 'a\0b' })).status, 400)
  })
  it('of two at the same time for one serial number, one gets it', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => register({ ...charger, sn: 'REG-008' })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(409)])
  })
})

describe('registerDevice with enrollment closed', async () => {
  const { openTestDatabase, startServerOn } = await import('../../support/testServer.ts')
  const database = await openTestDatabase()
  const closed = await startServerOn(database, { DEVICE_ENROLLMENT: 'closed' })
  it('401 without an operator, 200 with one', async () => {
    assert.equal((await closed.call('POST', '/v1/device/register', { body: charger })).status, 401)
    assert.equal(
      (await closed.call('POST', '/v1/device/register', { body: charger, token: await closed.operator() })).status,
      200,
    )
    await closed.close()
    await database.drop()
  })
})
