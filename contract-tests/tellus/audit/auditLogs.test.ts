import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import WebSocket from 'ws'
import document from '../../../generated/tellus/openapi.json' with { type: 'json' }
import { liftFlexibility } from '../../../src/jobs/liftFlexibility.ts'
import { connectAsOwner } from '../../../src/postgres/connect.ts'
import { site } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const owner = connectAsOwner(server.databaseUrl)
after(() => owner.destroy())
const { db } = server.services
const { client_id, admin_client_id } = server.credentials.tellus
const admin = await server.operator('admin')
const console = await server.operator()
const ME = `client:${client_id}`

interface Row {
  audit_id: string
  timestamp: string
  actor: string
  action: string
  method: string
  path: string
  status: number
  device_id: string | null
  request_id: string
  address: string
  details: Record<string, unknown>
}

async function list(query: Record<string, string> = {}, token = admin): Promise<{ items: Row[]; next: string | null }> {
  const search = new URLSearchParams({ size: '100', ...query })
  const { status, body } = await server.call('GET', `/v1/audit-logs?${search}`, { token })
  assert.equal(status, 200, JSON.stringify(body))
  return body.data
}
const rows = async (query: Record<string, string>) => (await list(query)).items
const brief = ({ actor, action, status }: Row) => [actor, action, status]

/** A service account with a token. */
async function account(scopes: string[]) {
  const { body } = await server.call('POST', '/v1/service-accounts', { token: admin, body: { name: 'x', scopes } })
  const { service_account_id, service_account_secret } = body.data
  const credentials = { service_account_id, service_account_secret }
  const token = (await server.call('POST', '/v1/service-accounts/token', { body: credentials })).body.access_token
  return { id: service_account_id, actor: `service_account:${service_account_id}`, credentials, token }
}
const start = (deviceId: string, token: string, headers = {}) =>
  server.call('POST', `/v1/devices/${deviceId}/connectors/1/start`, {
    token,
    headers,
    body: { charge_power: 22, target_soc: 80 },
  })

/** What happens while nothing can be added to the log. */
async function withoutLog<T>(act: () => Promise<T>): Promise<T> {
  await owner.raw('revoke insert on ops.audit_logs from voltspec_app')
  try {
    return await act()
  } finally {
    await owner.raw('grant insert on ops.audit_logs to voltspec_app')
  }
}

describe('the audit log', () => {
  it('can be added to and read by the server, and neither changed nor emptied', async () => {
    await start((await server.charger()).deviceId, console)
    for (const statement of [
      'update ops.audit_logs set status = 1',
      'delete from ops.audit_logs',
      'truncate ops.audit_logs',
      'drop table ops.audit_logs',
    ])
      await assert.rejects(db.raw(statement), /permission denied|must be owner/, statement)
  })

  it('is named by every operation with which an operator writes', () => {
    const forgotten = Object.values<Record<string, Record<string, unknown>>>(document.paths)
      .flatMap(item => Object.entries(item))
      .filter(([method, { 'x-status': status }]) => method !== 'get' && status === 'implemented')
      .filter(([, { security }]) => (security as object[]).some(requirement => 'operatorToken' in requirement))
      .filter(([, operation]) => operation['x-audit'] === undefined)
    assert.deepEqual(
      forgotten.map(([, { operationId }]) => operationId),
      [],
    )
  })

  it('403 without the scope admin, and empty to an administrator of another tenant', async () => {
    const { status } = await server.call('GET', '/v1/audit-logs', { token: console })
    assert.equal(status, 403)
    const { deviceId } = await server.charger()
    await start(deviceId, console)
    const { other_tenant } = server.credentials
    await db('core.clients')
      .where({ client_id: other_tenant.tellus.client_id })
      .update({ scopes: ['admin', 'write'] })
    const theirs = await server.operator('other')
    assert.deepEqual((await list({ device_id: deviceId }, theirs)).items, [])
    await start(deviceId, theirs)
    await server.call('POST', '/v1/device/site', { token: theirs, body: site() })
    const seen = await list({}, theirs)
    assert.deepEqual(
      seen.items.map(({ action }) => action),
      ['registerSite'],
    )
  })
})

describe('a command', () => {
  it('stands in the log once, with who asked for it, from where and by which request', async () => {
    const { deviceId } = await server.charger()
    const { body } = await start(deviceId, console, { 'x-request-id': 'mine-7' })
    const [row, ...more] = await rows({ device_id: deviceId })
    assert.deepEqual(more, [])
    assert.deepEqual(
      { ...row!, audit_id: '', timestamp: '' },
      {
        audit_id: '',
        timestamp: '',
        actor: ME,
        action: 'startCharging',
        method: 'POST',
        path: `/v1/devices/${deviceId}/connectors/1/start`,
        status: 200,
        device_id: deviceId,
        request_id: 'mine-7',
        address: row!.address,
        details: {
          command_id: body.data.command_id,
          command: 'start_charging',
          connector_id: 1,
          params: { connector_id: 1, charge_power: 22, target_soc: 80 },
        },
      },
    )
    assert.match(row!.address, /127\.0\.0\.1/)
    assert.ok(Math.abs(Date.parse(row!.timestamp) - Date.now()) < 60_000)
  })

  it('that is a diagnostic stands there with its risk, the consent of the customer and whether it was forced', async () => {
    const { deviceId } = await server.charger()
    const post = (body: object) => server.call('POST', `/v1/devices/${deviceId}/commands`, { token: admin, body })
    await post({ command: 'reboot' })
    await post({ command: 'run_self_test', customer_authorization_ref: 'CASE-7', force: true })
    const [forced, plain] = (await rows({ device_id: deviceId })).map(({ details: { command_id: _, ...rest } }) => rest)
    const common = { connector_id: null, params: {} }
    assert.deepEqual(forced, {
      ...common,
      command: 'run_self_test',
      risk_class: 'medium',
      customer_authorization_ref: 'CASE-7',
      forced: true,
    })
    assert.deepEqual(plain, { ...common, command: 'reboot', risk_class: 'low' })
  })

  it('stands there without secrets, and of long params with their length', async () => {
    const { deviceId } = await server.charger()
    const queue = (params: object) =>
      server.call('POST', '/admin/queue-command', {
        token: admin,
        body: { device_id: deviceId, command: 'firmware_upgrade', params },
      })
    await queue({ url: 'https://example.com/1', access_token: 'hidden' })
    await queue({ note: 'x'.repeat(5000) })
    await server.call('POST', `/v1/devices/${deviceId}/commands`, {
      token: admin,
      body: { command: 'reboot', params: { note: 'x'.repeat(5000) } },
    })
    assert.deepEqual(
      (await rows({ device_id: deviceId })).reverse().map(({ details }) => details.params),
      [{ url: 'https://example.com/1', access_token: '[redacted]' }, '[5011 characters]', '[5011 characters]'],
    )
    const [stored] = await db('core.commands').where({ device_id: deviceId }).orderBy('sequence')
    assert.equal(stored.params.access_token, 'hidden')
  })

  it('is not queued when it cannot be put on record', async () => {
    const { deviceId } = await server.charger()
    const { status } = await withoutLog(() => start(deviceId, console))
    assert.equal(status, 500)
    assert.equal((await db('core.commands').where({ device_id: deviceId })).length, 0)
  })

  it('that is repeated with its Idempotency-Key stands there once', async () => {
    const { deviceId } = await server.charger()
    const headers = { 'idempotency-key': randomUUID() }
    const answers = await Promise.all([1, 2, 3].map(() => start(deviceId, console, headers)))
    for (const { status } of answers) assert.equal(status, 200)
    assert.equal((await rows({ device_id: deviceId })).length, 1)
  })

  it('of an administrator, of a control and of its end too, and those that a control queued lead to it', async () => {
    const { deviceId } = await server.charger()
    const place = site({ device_ids: [deviceId] })
    await server.call('POST', '/v1/device/site', { token: console, body: place })
    await server.call('POST', '/admin/queue-command', {
      token: admin,
      body: { device_id: deviceId, command: 'firmware_upgrade' },
    })
    const { body } = await server.call('POST', '/v1/control/flexibility', {
      token: console,
      body: {
        target_type: 'site',
        target_ids: [place.site_id],
        command: 'pause_charging',
        params: { duration: 600 },
      },
    })
    const { control_id } = body.data
    await liftFlexibility(db, { controlId: control_id }, 300)
    const log = (await rows({ device_id: deviceId })).reverse()
    const connectors = body.data.commands.length
    assert.ok(connectors > 0)
    assert.deepEqual(log.map(brief), [
      [`client:${admin_client_id}`, 'queueCommand', 200],
      ...Array(connectors).fill([ME, 'controlFlexibility', 200]),
      ...Array(connectors).fill([`flexibility:${control_id}`, 'set_power_limit', 200]),
    ])
    assert.equal(log.at(-1)!.request_id, null)
    const [control] = (await rows({ action: 'controlFlexibility' })).filter(({ device_id }) => device_id === null)
    assert.equal(control!.details.control_id, control_id)
  })
})

describe('a write by an operator', () => {
  it('stands there with what was asked for, without its secrets', async () => {
    const made = await account(['site:read'])
    const { body } = await server.call('POST', `/v1/service-accounts/${made.id}/rotate`, { token: admin })
    await server.call('POST', `/v1/service-accounts/${made.id}/disable`, { token: admin })
    const { deviceId, secret } = await server.charger()
    await server.call('POST', `/v1/devices/${deviceId}/reset-secret`, { token: console })
    const facts = { sn: `TEST-${randomUUID()}`, model: 'TP-AC22', manufacturer: 'Tellus Power', firmware_version: '1' }
    const mine = await server.call('POST', '/v1/device/register', {
      token: console,
      body: { ...facts, device_secret: secret },
    })
    const [registered, reset, disabled, rotated, , created] = await rows({})
    assert.deepEqual(
      [registered, reset, disabled, rotated, created].map(row => brief(row!)),
      [
        [ME, 'registerDevice', 200],
        [ME, 'resetDeviceSecret', 200],
        [`client:${admin_client_id}`, 'disableServiceAccount', 200],
        [`client:${admin_client_id}`, 'rotateServiceAccount', 200],
        [`client:${admin_client_id}`, 'createServiceAccount', 200],
      ],
    )
    const { device_id } = mine.body.data
    assert.deepEqual(
      [registered!.device_id, registered!.details],
      [device_id, { request: { ...facts, device_secret: '[redacted]' }, device_id }],
    )
    assert.equal(reset!.device_id, deviceId)
    assert.deepEqual(created!.details, { request: { name: 'x', scopes: ['site:read'] }, service_account_id: made.id })
    const { rows: stored } = await db.raw('select t::text as text from ops.audit_logs t')
    const all = JSON.stringify(stored)
    for (const hidden of [
      secret,
      mine.body.data.device_secret,
      made.credentials.service_account_secret,
      body.data.service_account_secret,
      made.token,
      admin,
    ])
      assert.ok(!all.includes(hidden))
  })

  it('does not happen when it cannot be put on record', async () => {
    const before = await db('core.service_accounts').count()
    const body = { name: 'x', scopes: ['site:read'] }
    const { status } = await withoutLog(() => server.call('POST', '/v1/service-accounts', { token: admin, body }))
    assert.equal(status, 500)
    assert.deepEqual(await db('core.service_accounts').count(), before)
  })

  it('that is refused leaves no row, nor does what a client reads or a charger does', async () => {
    const count = async () => Number((await db('ops.audit_logs').count())[0]!.count)
    const before = await count()
    const { deviceId, token } = await server.charger()
    await server.call('GET', '/v1/sites', { token: console })
    await server.call('POST', '/v1/device/heartbeat', { token, body: { status: 'online', fault_code: 0 } })
    assert.equal((await start(randomUUID(), console)).status, 404)
    assert.equal((await start(deviceId, await server.operator('demo', 'read'))).status, 403)
    assert.equal(await count(), before)
  })
})

describe('a service account', () => {
  it('leaves a row for everything it does, reads and is refused, before it has its answer', async () => {
    const { actor, token, credentials } = await account(['site:read', 'device:write', 'telemetry:read'])
    const { deviceId } = await server.charger()
    const wrong = { ...credentials, service_account_secret: '0'.repeat(64) }
    const asked: [number, string, string, object?][] = [
      [200, 'GET', '/v1/sites?size=1&token=hidden'],
      [200, 'HEAD', '/v1/sites'],
      [400, 'GET', '/v1/sites?size=0'],
      [403, 'GET', '/v1/devices'],
      [404, 'GET', '/v1/sites/nowhere'],
      [200, 'POST', `/v1/devices/${deviceId}/connectors/1/stop`, { reason: 'user_request' }],
      [404, 'POST', `/v1/devices/${deviceId}/connectors/60/stop`, { reason: 'user_request' }],
      [409, 'POST', '/v1/device/register', await takenSerial()],
      [403, 'GET', '/v1/audit-logs'],
      [501, 'GET', '/v1/intelligence/agents'],
      [401, 'POST', '/v1/service-accounts/token', wrong],
    ]
    let count = 1
    for (const [expected, method, path, body] of asked) {
      const { status } = await server.call(method, path, { body, ...(body === wrong ? {} : { token }) })
      assert.equal(status, expected, `${method} ${path}`)
      const [latest, ...rest] = await rows({ actor })
      assert.equal(rest.length, count++)
      assert.deepEqual([latest!.method, latest!.status], [method, expected])
      assert.equal(latest!.path, path.replace('hidden', '%5Bredacted%5D'))
    }
    const log = (await rows({ actor })).reverse()
    assert.deepEqual(
      log.map(({ action }) => action),
      [
        'issueServiceAccountToken',
        'listSites',
        'listSites',
        'listSites',
        'listDevices',
        'getSite',
        'stopCharging',
        'stopCharging',
        'registerDevice',
        'listAuditLogs',
        'listAgents',
        'issueServiceAccountToken',
      ],
    )
    assert.match(String(log[4]!.details.message), /device:read/)
  })

  it('cannot make the log unreadable with a long address or a strange id of its request', async () => {
    const { actor, token } = await account(['site:read'])
    for (const sign of ["'", '~', '%ff'])
      await server.call('GET', `/v1/sites?n=${sign.repeat(12_000 / sign.length)}`, {
        token,
        headers: { 'x-request-id': 'x'.repeat(300) },
      })
    assert.equal((await rows({ actor })).length, 4)
    assert.equal((await server.call('GET', '/v1/debug/requests', { token: admin })).status, 200)
  })

  it('gets no answer that is not on record', async () => {
    const { token } = await account(['site:read'])
    const { status, body } = await withoutLog(() => server.call('GET', '/v1/sites', { token }))
    assert.deepEqual([status, body.data], [500, null])
    assert.equal((await server.call('GET', '/v1/sites', { token })).status, 200)
  })

  it('leaves a row for a stream, and for one that it may not open', async () => {
    for (const [scope, status, code] of [
      ['telemetry:read', 101, 1000],
      ['site:read', 403, 4403],
    ] as const) {
      const { actor, token } = await account([scope])
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/stream?token=${token}`)
      const closed = new Promise(resolve => socket.once('close', resolve))
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
      const [row] = await rows({ actor })
      assert.deepEqual(brief(row!), [actor, 'receiveStream', status])
      assert.ok(!row!.path.includes(token))
      socket.close(1000)
      assert.equal(await closed, code)
    }
  })
})

async function takenSerial() {
  const { sn } = await server.charger()
  return { sn, model: 'TP-AC22', manufacturer: 'Tellus Power', firmware_version: '1' }
}

describe('reading the log', () => {
  it('goes newest first from page to page, and misses and repeats nothing that was there at the beginning', async () => {
    const { actor, token } = await account(['site:read'])
    for (let index = 0; index < 11; index++) await server.call('GET', `/v1/sites?n=${index}`, { token })
    const seen: Row[] = []
    let query: Record<string, string> = { actor, size: '5' }
    for (let page = 0; ; page++) {
      const { items, next } = await list(query)
      seen.push(...items)
      await server.call('GET', '/v1/sites?n=later', { token })
      if (next === null) break
      assert.ok(page < 10)
      query = { ...query, after: next }
    }
    assert.deepEqual(
      seen.map(({ path }) => path),
      [...Array.from({ length: 11 }, (_, index) => `/v1/sites?n=${10 - index}`), '/v1/service-accounts/token'],
    )
    const { headers, body } = await server.call('GET', `/v1/audit-logs?size=1&actor=${actor}`, { token: admin })
    const target = /^<(.+)>; rel="next"$/.exec(headers.get('link')!)![1]!
    const second = await server.call('GET', target, { token: admin })
    assert.notEqual(second.body.data.items[0].audit_id, body.data.items[0].audit_id)
  })

  it('filters by actor, action, charger and period', async () => {
    const { deviceId } = await server.charger()
    const { actor, token } = await account(['device:read', 'device:write'])
    await start(deviceId, token)
    await server.call('GET', `/v1/devices/${deviceId}`, { token })
    await start(deviceId, console)
    const of = async (query: Record<string, string>) => (await rows({ device_id: deviceId, ...query })).map(brief)
    const [mine, read, theirs] = [
      [ME, 'startCharging', 200],
      [actor, 'getDevice', 200],
      [actor, 'startCharging', 200],
    ]
    assert.deepEqual(await of({}), [mine, read, theirs])
    assert.deepEqual(await of({ actor }), [read, theirs])
    assert.deepEqual(await of({ action: 'startCharging' }), [mine, theirs])
    assert.deepEqual(await of({ actor, action: 'startCharging' }), [theirs])
    const [, second] = await rows({ device_id: deviceId })
    // The row's own time is cut to milliseconds.
    const next = new Date(Date.parse(second!.timestamp) + 1).toISOString()
    assert.ok(!(await of({ from: next })).some(row => row[1] === 'getDevice'))
    assert.ok((await of({ from: second!.timestamp })).some(row => row[1] === 'getDevice'))
    assert.ok(!(await of({ to: second!.timestamp })).some(row => row[1] === 'getDevice'))
    assert.deepEqual(await of({ from: '2100-01-01T00:00:00Z' }), [])
    assert.deepEqual(await rows({ device_id: 'nonsense' }), [])
  })

  it('400 for a period or a page that is none', async () => {
    for (const query of ['from=yesterday', 'to=1', 'after=x', 'after=1_', 'size=0', 'size=101']) {
      const { status } = await server.call('GET', `/v1/audit-logs?${query}`, { token: admin })
      assert.equal(status, 400, query)
    }
    const far = await server.call('GET', `/v1/audit-logs?after=${'9'.repeat(18)}_${'9'.repeat(18)}`, { token: admin })
    assert.equal(far.status, 200)
  })
})
