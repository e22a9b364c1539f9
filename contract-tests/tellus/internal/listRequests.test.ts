import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashSecret, newSecret } from '../../../src/auth/secrets.ts'
import * as clients from '../../../src/store/clients.ts'
import { sample, site } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const admin = await server.operator('admin')
const token = await server.operator()
const { client_id, client_secret, admin_client_id } = server.credentials.tellus

interface Entry {
  method: string
  path: string
  status: number
  operation_id: string
  caller: string
  request_id: string
  request_headers: Record<string, string>
  request_body: unknown
  timestamp: string
  duration_ms: number
}
const list = async (as = admin): Promise<Entry[]> => {
  const { status, body } = await server.call('GET', '/v1/debug/requests', { token: as })
  assert.deepEqual([status, body.data.total], [200, body.data.items.length])
  return body.data.items
}
const brief = ({ method, path, status, operation_id }: Entry) => [method, path, status, operation_id]

/** A token of an administrator of the other tenant, which the demo does not have. */
async function adminOfOther(): Promise<string> {
  const secret = newSecret()
  const { tenant_id } = await server.services.db('core.tenants').first('tenant_id').where({ slug: 'borealis' })
  const client = { client_id: 'borealis-admin', tenant_id, secret_hash: hashSecret(secret), scopes: ['admin'] }
  await clients.create(server.services.db, { ...client, name: 'admin' })
  const body = { grant_type: 'client_credentials', client_id: 'borealis-admin', client_secret: secret }
  return (await server.call('POST', '/v1/oauth/token', { body })).body.access_token
}

describe('listRequests', () => {
  it('200 with the requests as they were answered, newest first', async () => {
    const charger = await server.charger()
    const body = sample()
    await server.call('POST', '/v1/device/telemetry', {
      token: charger.token,
      body,
      headers: { 'x-request-id': 'mine-1' },
    })
    await server.call('GET', '/v1/sites?size=1', { token })
    await server.call('HEAD', '/v1/sites', { token })
    const [first, second, third, ...rest] = await list()
    assert.deepEqual(
      [first, second, third].map(entry => brief(entry!)),
      [
        ['HEAD', '/v1/sites', 200, 'listSites'],
        ['GET', '/v1/sites?size=1', 200, 'listSites'],
        ['POST', '/v1/device/telemetry', 200, 'uploadTelemetry'],
      ],
    )
    assert.deepEqual(
      [third!.request_id, third!.request_body, third!.caller],
      ['mine-1', body, `device:${charger.deviceId}`],
    )
    assert.deepEqual([second!.request_body, second!.caller], [null, `client:${client_id}`])
    assert.equal(third!.request_headers['content-type'], 'application/json')
    assert.deepEqual(
      rest.slice(0, 2).map(({ operation_id }) => operation_id),
      ['issueDeviceToken', 'registerDevice'],
    )
    assert.ok(first!.duration_ms > 0 && Math.abs(Date.parse(first!.timestamp) - Date.now()) < 60_000)
  })
  it('holds what was refused too', async () => {
    const narrow = await server.operator('demo', 'site:read')
    const charger = await server.charger()
    const refused: [string, string, string, number, string][] = [
      [token, 'GET', '/v1/sites?page=0', 400, 'listSites'],
      [token, 'GET', '/v1/sites/nowhere', 404, 'getSite'],
      [narrow, 'GET', '/v1/devices', 403, 'listDevices'],
      [charger.token, 'GET', '/v1/devices', 403, 'listDevices'],
      [token, 'GET', '/v1/intelligence/agents', 501, 'listAgents'],
    ]
    for (const [as, method, path] of refused) await server.call(method, path, { token: as })
    const entries = await list()
    assert.deepEqual(
      entries.slice(0, refused.length).map(brief).reverse(),
      refused.map(([, ...entry]) => entry),
    )
  })
  it('holds exactly the last 200', async () => {
    for (let index = 0; index < 205; index++) await server.call('GET', `/v1/sites?n=${index}`, { token })
    const paths = (await list()).map(({ path }) => path)
    assert.deepEqual(
      paths,
      Array.from({ length: 200 }, (_, index) => `/v1/sites?n=${204 - index}`),
    )
    assert.deepEqual(
      (await list()).slice(0, 2).map(({ path }) => path),
      ['/v1/debug/requests', '/v1/sites?n=204'],
    )
    assert.equal((await list()).length, 200)
  })
  it('shows no secret of a header, a query or a body', async () => {
    const charger = await server.charger()
    const fresh = await server.operator()
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64')
    const grant_type = 'client_credentials'
    await server.call('POST', '/v1/oauth/token', { body: { grant_type }, headers: { authorization: `Basic ${basic}` } })
    await server.call('POST', '/v1/oauth/token', {
      body: new URLSearchParams({ grant_type, client_id, client_secret }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const { sn, secret } = charger
    const facts = { sn, model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '1', device_secret: secret }
    const rotated = (await server.call('POST', '/v1/device/register', { body: facts })).body.data.device_secret
    await server.call('GET', `/v1/sites?token=${fresh}&Token=${fresh}&size=1`, {
      token: fresh,
      headers: { cookie: `session=${fresh}` },
    })
    await server.call('POST', '/v1/device/site', {
      token: fresh,
      body: site({ device_secret: rotated, nested: [{ access_token: rotated }] }),
    })
    const entries = await list()
    const text = JSON.stringify(entries)
    for (const hidden of [fresh, charger.token, charger.secret, rotated, client_secret, basic, admin])
      assert.ok(!text.includes(hidden))
    const of = (operation: string) => entries.find(({ operation_id }) => operation_id === operation)!
    assert.deepEqual(
      [of('registerDevice').request_body, of('issueDeviceToken').request_body, of('issueOperatorToken').request_body],
      Array(3).fill('[redacted]'),
    )
    assert.equal(of('listSites').request_headers.authorization, '[redacted]')
    assert.match(of('listSites').path, /^\/v1\/sites\?token=%5Bredacted%5D&Token=%5Bredacted%5D&size=1$/)
    const body = of('registerSite').request_body as Record<string, unknown>
    assert.deepEqual([body.name, body.device_secret], ['Coventry Gateway', '[redacted]'])
  })
  it('shows nothing of another tenant', async () => {
    const other = await server.operator('other')
    await server.call('GET', '/v1/sites?who=other', { token: other })
    const mine = await list()
    assert.ok(!mine.some(({ path }) => path === '/v1/sites?who=other'))
    const theirs = await list(await adminOfOther())
    assert.ok(theirs.some(({ path }) => path === '/v1/sites?who=other'))
    assert.ok(!JSON.stringify(theirs).includes(client_id) && !JSON.stringify(theirs).includes(admin_client_id))
  })
  it('403 without the scope admin', async () => {
    const { status, body } = await server.call('GET', '/v1/debug/requests', { token })
    assert.deepEqual([status, body.code, body.data], [403, 2003, null])
  })
})
