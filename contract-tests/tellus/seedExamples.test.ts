import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { inSeconds } from '../support/bodies.ts'
import { startTestServer } from '../support/testServer.ts'

/**
 * The request and response examples of the published interface, transcribed by hand: a client that was written from
 * them finds every member that they show, with a value of the same kind, and `null` where they show `null`. A string
 * that starts with `{` stands for an id that is known only when the test runs.
 */

const server = await startTestServer()
const operator = await server.operator()
const admin = await server.operator('admin')
const charger = await server.charger('TP-AC22')
const ids: Record<string, string> = {
  '{device}': charger.deviceId,
  '{secret}': charger.secret,
  '{site}': randomUUID(),
  '{record}': randomUUID(),
  '{now}': inSeconds(0),
  '{ago}': inSeconds(-1800),
  '{sn}': `SEED-${randomUUID()}`,
}

const success = (data: unknown) => ({ code: 0, message: 'success', data })
const queued = success({ command_id: 'uuid', status: 'queued' })
const none = success(null)
const connector = { connector_id: 1, status: 'charging', power: 180, soc: 42 }
const device = { device_id: 'uuid', sn: 'ACME-COV-001', model: 'TP-AC22', status: 'online', site_id: 'uuid' }
const site = {
  site_id: 'uuid',
  name: '...',
  location: { lat: 52.42, lng: -1.5 },
  total_connectors: 4,
  status_summary: { idle: 3, charging: 1, fault: 0 },
  power_capacity: 176,
  created_at: '...',
}
const acme = { id: 'acme-charging-uk', name: 'Acme Charging Network UK', country: 'GB', status: 'active' }
const record = {
  record_id: '{record}',
  connector_id: 1,
  start_time: '{ago}',
  end_time: '{now}',
  energy: 12.5,
  max_power: 180,
  cost: 4.38,
  currency: 'GBP',
  stop_reason: 'soc_target_reached',
}

interface Example {
  method: 'GET' | 'POST'
  path: string
  as?: 'charger' | 'operator' | 'admin'
  body?: Record<string, unknown>
  /** Members of the request that are not required. */
  optional?: string[]
  reply: unknown
}

const EXAMPLES: Example[] = [
  {
    method: 'POST',
    path: '/v1/device/register',
    body: { sn: '{sn}', model: 'TP-AC22', manufacturer: 'Tellus Power', firmware_version: '1.5.0' },
    reply: success({ device_id: 'uuid', device_secret: 'hex64', expires_in: 86400 }),
  },
  {
    method: 'POST',
    path: '/v1/device/token',
    body: { device_id: '{device}', device_secret: '{secret}', grant_type: 'client_credentials' },
    reply: { access_token: 'hex64', token_type: 'Bearer', expires_in: 86400 },
  },
  {
    method: 'POST',
    path: '/v1/device/site',
    body: {
      site_id: '{site}',
      name: '...',
      address: '...',
      postcode: '...',
      lat: 52.42,
      lng: -1.5,
      power_capacity: 176,
      device_ids: ['{device}'],
    },
    reply: success({ site_id: 'uuid' }),
  },
  {
    method: 'POST',
    path: '/v1/device/heartbeat',
    as: 'charger',
    body: { timestamp: '{now}', status: 'online' },
    reply: success({ commands: [] }),
  },
  {
    method: 'POST',
    path: '/v1/device/telemetry',
    as: 'charger',
    body: {
      timestamp: '{now}',
      connector_id: 1,
      state: 'charging',
      voltage: 400,
      current: 450,
      power: 180,
      energy_delivered: 1.5,
      soc: 42,
    },
    reply: none,
  },
  {
    method: 'POST',
    path: '/v1/device/events',
    as: 'charger',
    body: { timestamp: '{now}', event_type: 'plug_in', connector_id: 1, data: {} },
    reply: none,
  },
  { method: 'POST', path: '/v1/device/charging-records', as: 'charger', body: record, reply: none },
  {
    method: 'POST',
    path: '/v1/device/firmware/status',
    as: 'charger',
    body: { firmware_version: '2.2.0', status: 'downloading', progress: 45, message: 'Downloading...' },
    optional: ['progress', 'message'],
    reply: none,
  },
  { method: 'GET', path: '/v1/health', reply: { status: 'ok', timestamp: '...', version: '0.8.0' } },
  { method: 'GET', path: '/v1/operators', as: 'operator', reply: success([acme]) },
  { method: 'GET', path: '/v1/operators/acme-charging-uk', as: 'operator', reply: success(acme) },
  { method: 'GET', path: '/v1/sites', as: 'operator', reply: success({ items: [site], total: 3 }) },
  { method: 'GET', path: '/v1/sites/{site}', as: 'operator', reply: success(site) },
  {
    method: 'GET',
    path: '/v1/devices?site_id={site}',
    as: 'operator',
    reply: success({ items: [{ ...device, connectors: [connector] }], total: 11 }),
  },
  { method: 'GET', path: '/v1/devices/{device}', as: 'operator', reply: success(device) },
  {
    method: 'GET',
    path: '/v1/devices/{device}/connectors',
    as: 'operator',
    reply: success({ items: [connector], total: 2 }),
  },
  {
    method: 'GET',
    path: '/v1/charging-records',
    as: 'operator',
    reply: success({ items: [record], total: 15, page: 1, size: 20 }),
  },
  { method: 'GET', path: '/v1/charging-records/{record}', as: 'operator', reply: success(record) },
  {
    method: 'GET',
    path: '/v1/aggregated/energy',
    as: 'operator',
    reply: success({
      granularity: 'hour',
      series: [{ timestamp: '...', charge_energy: 45.2, discharge_energy: 9.1, max_power: 360 }],
      total: { charge_energy: 45.2, discharge_energy: 9.1, max_power: 360 },
    }),
  },
  {
    method: 'POST',
    path: '/v1/devices/{device}/connectors/1/start',
    as: 'operator',
    body: { charge_power: 180, target_soc: 80 },
    reply: queued,
  },
  {
    method: 'GET',
    path: '/v1/device/commands',
    as: 'charger',
    reply: success({ command_id: 'uuid', command: 'start_charging' }),
  },
  {
    method: 'POST',
    path: '/v1/device/command-status',
    as: 'charger',
    body: { command_id: '{command}', status: 'completed', timestamp: '{now}' },
    reply: none,
  },
  {
    method: 'GET',
    path: '/v1/commands/{command}',
    as: 'operator',
    reply: success({ command_id: 'uuid', status: 'completed' }),
  },
  {
    method: 'POST',
    path: '/v1/devices/{device}/connectors/1/stop',
    as: 'operator',
    body: { reason: 'user_request' },
    reply: queued,
  },
  {
    method: 'POST',
    path: '/v1/devices/{device}/connectors/1/discharge',
    as: 'operator',
    body: { discharge_power: 180, duration: 300, min_soc: 20 },
    reply: queued,
  },
  {
    method: 'GET',
    path: '/v1/firmware/versions',
    as: 'operator',
    reply: {
      ...success({
        items: [
          {
            model: 'TP-AC22',
            manufacturer: 'Tellus Power',
            latest_version: '260122.1606',
            total_devices: 5,
            on_latest: 5,
            adoption_percentage: 100,
            versions: [{ version: '260122.1606', count: 5 }],
          },
        ],
        total: 3,
        page: 1,
        size: 3,
        summary: { total_devices: 15, on_latest: 15, adoption_percentage: 100 },
      }),
    },
  },
  { method: 'GET', path: '/v1/internal/activity', as: 'admin', reply: success({}) },
  { method: 'GET', path: '/v1/debug/requests', as: 'admin', reply: success({}) },
]

const tokens = { charger: charger.token, operator, admin }
const fill = (text: string) => text.replace(/\{\w+\}/g, id => ids[id] ?? id)
const request = ({ method, path, as, body }: Example) =>
  server.call(method, fill(path), {
    ...(as === undefined ? {} : { token: tokens[as] }),
    ...(body === undefined ? {} : { body: JSON.parse(fill(JSON.stringify(body))) }),
  })

/** Every member of the example is in the reply, as the same kind of value. */
function checkShape(reply: unknown, example: unknown, place: string): void {
  const kind = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)
  assert.equal(kind(reply), kind(example), place)
  if (Array.isArray(example)) {
    if (example.length > 0) assert.notEqual((reply as unknown[]).length, 0, `${place} is empty`)
    for (const item of reply as unknown[]) if (example.length > 0) checkShape(item, example[0], `${place}[]`)
  } else if (example !== null && typeof example === 'object') {
    for (const [name, value] of Object.entries(example))
      checkShape((reply as Record<string, unknown>)[name], value, `${place}.${name}`)
  } else if (example === 'hex64') assert.match(String(reply), /^[0-9a-f]{64}$/, place)
  else if (example === 'uuid') assert.match(String(reply), /^[0-9a-f]{8}-/, place)
  else if (['success', 'Bearer', 'queued', 'ok', 'hour'].includes(example as string))
    assert.equal(reply, example, place)
}

describe('the examples of the seed', () => {
  for (const example of EXAMPLES) {
    const { method, path, body, optional = [], reply } = example
    it(`200 for ${method} ${path}, in the shape of the example`, async () => {
      const answer = await request(example)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      checkShape(answer.body, reply, 'reply')
      if (path === '/v1/device/commands') ids['{command}'] = answer.body.data.command_id
    })
    for (const field of Object.keys(body ?? {})) {
      const wanted = optional.includes(field) ? '200' : '400'
      it(`${wanted} for ${method} ${path} without ${field}`, async () => {
        const { status, body: answer } = await request({ ...example, body: { ...body, [field]: undefined } })
        if (optional.includes(field)) return assert.equal(status, 200)
        assert.equal(status, 400)
        if (path.endsWith('/token')) assert.equal(answer.error, 'invalid_request')
        else assert.deepEqual([answer.code, answer.data, answer.details], [1002, null, { field }])
      })
    }
    if (body !== undefined)
      it(`200 for ${method} ${path} with members and query names that nobody knows`, async () => {
        const fresh = { ...body, ...(path.endsWith('register') ? { sn: randomUUID() } : {}), unknown: { a: [1] } }
        const { status } = await request({ ...example, path: `${path}?unknown=1`, body: fresh })
        assert.equal(status, 200)
      })
  }
})

describe('every GET', () => {
  for (const example of EXAMPLES.filter(({ method }) => method === 'GET')) {
    it(`answers HEAD ${example.path} with the headers of its GET and no body`, async () => {
      const path = `${fill(example.path)}${example.path === '/v1/device/commands' ? '?wait=0' : ''}`
      const token = example.as === undefined ? undefined : tokens[example.as]
      const head = await server.call('HEAD', path, { token })
      assert.deepEqual([head.status, head.body], [200, undefined])
      assert.match(head.headers.get('content-type')!, /^application\/json/)
      assert.ok(head.headers.get('x-request-id'))
    })
    it(`answers OPTIONS ${example.path} without a token`, async () => {
      const { status, headers } = await server.call('OPTIONS', fill(example.path))
      assert.equal(status, 204)
      assert.match(headers.get('allow')!, /^GET, (?:[A-Z]+, )*HEAD, OPTIONS$/)
    })
  }
})
