import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashSecret, newSecret } from '../../../src/auth/secrets.ts'
import { Activity } from '../../../src/feed/activity.ts'
import type { Interruption } from '../../../src/feed/feed.ts'
import { before as storedBefore } from '../../../src/store/activity.ts'
import * as clients from '../../../src/store/clients.ts'
import { inSeconds, record, sample } from '../../support/bodies.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const admin = await server.operator('admin')
const charger = await server.charger()
const { token, deviceId } = charger

interface Item {
  type: string
  device_id: string
  connector_id: number | null
  timestamp: string
  summary: string
  data: Record<string, unknown>
}
const list = async (as = admin, query = '?limit=200'): Promise<Item[]> => {
  const { status, body } = await server.call('GET', `/v1/internal/activity${query}`, { token: as })
  assert.deepEqual([status, body.data.total], [200, body.data.items.length])
  return body.data.items
}
const own = (items: Item[], id = deviceId) => items.filter(({ device_id }) => device_id === id)
const tenantOf = async (device_id: string): Promise<string> =>
  (await server.services.db('core.devices').first('tenant_id').where({ device_id })).tenant_id
/** The feed tells of what was committed a moment later. */
async function listed(count: number): Promise<Item[]> {
  for (const from = performance.now(); performance.now() - from < 1000; ) {
    const items = own(await list())
    if (items.length >= count) return items
  }
  return own(await list())
}

describe('listActivity', () => {
  it('200 with what chargers did and were told, newest first', async () => {
    const path = `/v1/devices/${deviceId}/connectors/1/stop`
    await server.call('POST', '/v1/device/telemetry', { token, body: sample() })
    const event = { timestamp: inSeconds(0), event_type: 'plug_in', connector_id: 1, data: { vehicle_connected: true } }
    await server.call('POST', '/v1/device/events', { token, body: event })
    const queued = await server.call('POST', path, { token: admin, body: { reason: 'user_request' } })
    // The tenant is followed from here on; what was before is read from the tables, but for telemetry.
    assert.deepEqual(
      (await listed(2)).map(({ type }) => type),
      ['command', 'event'],
    )
    const { command_id } = queued.body.data
    const report = { command_id, status: 'completed', timestamp: inSeconds(0) }
    await server.call('POST', '/v1/device/command-status', { token, body: report })
    await server.call('POST', '/v1/device/telemetry', { token, body: sample({ power: 90 }) })
    await server.call('POST', '/v1/device/charging-records', { token, body: record() })
    const upgrade = { firmware_version: '2.2.0', status: 'downloading' }
    await server.call('POST', '/v1/device/firmware/status', { token, body: upgrade })
    const items = await listed(6)
    assert.deepEqual(
      items.map(({ type }) => type),
      ['firmware', 'charging_record', 'telemetry', 'command_status', 'command', 'event'],
    )
    const [, , telemetry, status] = items
    assert.deepEqual([telemetry!.connector_id, telemetry!.data.power], [1, 90])
    assert.deepEqual([status!.data.command_id, status!.data.status], [command_id, 'completed'])
    for (const { timestamp } of items) assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000)
  })
  it('tells each thing once', async () => {
    const items = own(await list())
    assert.equal(new Set(items.map(item => JSON.stringify(item))).size, items.length)
  })
  it('lists 50 unless another limit is asked for', async () => {
    for (let second = 1; second <= 60; second++) {
      await server.call('POST', '/v1/device/telemetry', { token, body: sample({ timestamp: inSeconds(-second) }) })
    }
    await listed(66)
    assert.equal((await list(admin, '')).length, 50)
    assert.equal((await list(admin, '?limit=3')).length, 3)
    for (const limit of ['0', '201', 'all']) {
      const { status } = await server.call('GET', `/v1/internal/activity?limit=${limit}`, { token: admin })
      assert.equal(status, 400)
    }
  })
  it("repeats no event's data that is longer than 2048 characters, whether the feed tells it or a table", async () => {
    const { db } = server.services
    const { deviceId, token } = await server.charger()
    await list()
    const texts = { short: 'x'.repeat(2000), even: 'x'.repeat(50_000), random: randomBytes(25_000).toString('hex') }
    for (const text of Object.values(texts)) {
      const event = { timestamp: inSeconds(0), event_type: 'alarm', connector_id: 1, data: { text } }
      assert.equal((await server.call('POST', '/v1/device/events', { token, body: event })).status, 200)
    }
    const expected = [{ omitted: true }, { omitted: true }, { text: texts.short }]
    const ofEvents = (items: Item[]) => own(items, deviceId).map(({ data }) => data)
    let told: unknown[] = []
    for (const from = performance.now(); told.length < 3 && performance.now() - from < 1000; )
      told = ofEvents(await list())
    assert.deepEqual(told, expected)
    // What was not told to this one is read, and of what does not compress not even that.
    const tenantId = await tenantOf(deviceId)
    const untold = await new Activity(db, server.services.feed).list(tenantId, 200)
    assert.deepEqual(ofEvents(untold as Item[]), expected)
    const stored = await storedBefore(db, tenantId, new Date(), 200)
    const rows = stored.map(({ row }) => row).filter(({ device_id }) => device_id === deviceId)
    assert.deepEqual(rows.at(-1)!.data, { omitted: true })
  })
  it('is read from the tables while the feed is away, each time, and again when it is back', async () => {
    const { db, feed } = server.services
    const { deviceId, token } = await server.charger()
    let live = true
    const listeners: { lost?: () => void; resumed?: (interruption: Interruption) => void } = {}
    const away = {
      get live() {
        return live
      },
      // Told to nobody: the feed is away, or has been.
      subscribe: () => () => {},
      onLost: (listener: () => void) => Object.assign(listeners, { lost: listener }),
      onResumed: (listener: () => void) => Object.assign(listeners, { resumed: listener }),
    }
    const activity = new Activity(db, away as unknown as typeof feed)
    const tenantId = await tenantOf(deviceId)
    const seen = async () => own((await activity.list(tenantId, 200)) as Item[], deviceId).map(({ summary }) => summary)
    const event = async (event_type: string) => {
      const body = { timestamp: inSeconds(0), event_type, connector_id: 1, data: {} }
      await server.call('POST', '/v1/device/events', { token, body })
    }
    assert.deepEqual(await seen(), [])
    live = false
    listeners.lost!()
    await event('plug_in')
    assert.deepEqual(await seen(), ['plug_in'])
    await event('start')
    assert.deepEqual(await seen(), ['start', 'plug_in'])
    assert.equal((await activity.list(tenantId, 1)).length, 1)
    await event('stop')
    live = true
    listeners.resumed!({ from: new Date(), to: new Date() })
    assert.deepEqual(await seen(), ['stop', 'start', 'plug_in'])
  })
  it('shows nothing of another tenant', async () => {
    const { db } = server.services
    const secret = newSecret()
    const { tenant_id } = await db('core.tenants').first('tenant_id').where({ slug: 'borealis' })
    const client = { client_id: 'borealis-admin', tenant_id, secret_hash: hashSecret(secret), scopes: ['admin'] }
    await clients.create(db, { ...client, name: 'admin' })
    const body = { grant_type: 'client_credentials', client_id: 'borealis-admin', client_secret: secret }
    const other = (await server.call('POST', '/v1/oauth/token', { body })).body.access_token
    await list(other)
    await server.call('POST', '/v1/device/telemetry', { token, body: sample() })
    const theirs = (await db('core.devices').where({ tenant_id })).map(({ device_id }) => device_id)
    const items = await list(other)
    assert.ok(items.length > 0 && items.every(({ device_id }) => theirs.includes(device_id)))
  })
  it('403 without the scope admin', async () => {
    const { status, body } = await server.call('GET', '/v1/internal/activity', { token: await server.operator() })
    assert.deepEqual([status, body.code, body.data], [403, 2003, null])
  })
})
