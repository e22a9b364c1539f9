import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import * as securityEvents from '../../src/store/securityEvents.ts'
import * as systemEvents from '../../src/store/systemEvents.ts'
import { startTestServer } from '../support/testServer.ts'
import { idsOf, openBoard } from './board.ts'

/** Security events, system events, smart charging and the proxy: lists of the tenant, newest first. */

const server = await startTestServer()
const { get, tenantId, otherTenantId } = await openBoard(server)
const { db } = server.services
const at = (minutes: number) => new Date(Date.UTC(2026, 3, 13, 12) + minutes * 60_000)

async function insert(table: string, rows: Record<string, unknown>[], key = 'event_id'): Promise<string[]> {
  const stored = await db(table)
    .insert(rows.map(row => ({ tenant_id: tenantId, ...row })))
    .returning(key)
  return stored.map(row => String(row[key]))
}

const security = { category: 'AUTH_FAILED', identity: 'CP-001', message: 'Invalid', severity: 'medium' }
const [low, medium, flood, theirs] = (
  await insert('ocpp.security_events', [
    { ...security, time: at(1), severity: 'low' },
    { ...security, time: at(2), details: { ip: '192.168.1.50', attempt: 3 } },
    { ...security, time: at(3), category: 'FLOOD' },
    { ...security, time: at(4), tenant_id: otherTenantId },
  ])
).map(id => `evt-${id}`)

const system = { type: 'STATION_CONNECTED', message: 'connected with ocpp1.6' }
const [connected, enrolled] = (
  await insert('ocpp.system_events', [
    { ...system, identity: 'CP-001', time: at(1), details: { ip: '192.168.1.100' } },
    { ...system, identity: null, type: 'STARTED', time: at(2) },
    { ...system, identity: 'CP-009', time: at(3), tenant_id: otherTenantId },
  ])
).map(id => `sys-${id}`)

const proxy = { identity: 'CP-001', type: 'translation', from_protocol: 'ocpp1.6', to_protocol: 'ocpp2.0.1' }
const [boot, reset] = (
  await insert('ocpp.proxy_events', [
    { ...proxy, method: 'BootNotification', time: at(1) },
    { ...proxy, identity: 'CP-002', method: 'Reset', time: at(2) },
    { ...proxy, method: 'Reset', tenant_id: otherTenantId },
  ])
).map(id => `px-${id}`)

const decision = {
  site_id: randomUUID(),
  identity: 'CP-001',
  connector_id: 1,
  transaction_key: 1,
  strategy: 'equal_share',
  allocated_kw: 22.5,
  status: 'active',
  started_at: at(0),
  updated_at: at(1),
}
const [first, later] = (
  await insert(
    'ocpp.charging_decisions',
    [decision, { ...decision, identity: 'CP-002', status: 'ended' }, { ...decision, tenant_id: otherTenantId }],
    'decision_id',
  )
).map(id => `sc-${id}`)

for (const path of ['/security', '/security-events']) {
  describe(`GET ${path}`, () => {
    it('lists the events of the tenant with the published members', async () => {
      const list = await get(path)
      assert.deepEqual(idsOf(list), [flood, medium, low])
      assert.equal(list.headers.get('x-total-count'), '3')
      assert.deepEqual(list.body[1], {
        id: medium,
        category: 'AUTH_FAILED',
        identity: 'CP-001',
        message: 'Invalid',
        severity: 'medium',
        details: { ip: '192.168.1.50', attempt: 3 },
        timestamp: '2026-04-13T12:02:00.000Z',
      })
      assert.deepEqual(idsOf(await get(path, 'other')), [theirs])
    })
    for (const [query, expected] of Object.entries({
      'category=FLOOD': [flood],
      'category=NOTHING': [],
      'severity=medium': [flood, medium],
      'severity=medium&category=AUTH_FAILED': [medium],
      'from=2026-04-13T12:02:00Z&to=2026-04-13T12:03:00Z': [medium],
      'limit=1&offset=1': [medium],
    }))
      it(`finds what it should for ${query}`, async () => {
        assert.deepEqual(idsOf(await get(`${path}?${query}`)), expected)
      })
    for (const query of ['severity=bad', 'limit=0', 'offset=10001', 'identity=x', 'from=1'])
      it(`400 for ${query}`, async () => {
        assert.equal((await get(`${path}?${query}`)).status, 400)
      })
  })
}

describe('GET /system-events', () => {
  it('lists the events of the tenant, newest first', async () => {
    const list = await get('/system-events')
    assert.deepEqual(idsOf(list), [enrolled, connected])
    assert.equal(list.headers.get('x-total-count'), '2')
    assert.deepEqual(list.body[1], {
      id: connected,
      type: 'STATION_CONNECTED',
      identity: 'CP-001',
      message: 'connected with ocpp1.6',
      details: { ip: '192.168.1.100' },
      timestamp: '2026-04-13T12:01:00.000Z',
    })
    assert.equal(list.body[0].identity, null)
  })
  it('takes a station, a period and a page', async () => {
    assert.deepEqual(idsOf(await get('/system-events?identity=CP-001')), [connected])
    assert.deepEqual(idsOf(await get('/system-events?to=2026-04-13T12:02:00Z')), [connected])
    assert.deepEqual(idsOf(await get('/system-events?limit=1')), [enrolled])
    assert.equal((await get('/system-events?type=STARTED')).status, 400)
  })
})

describe('GET /smart-charge', () => {
  it('lists what smart charging gave to whom, newest first', async () => {
    const list = await get('/smart-charge')
    assert.deepEqual(
      list.body.map(({ sessionId }: { sessionId: string }) => sessionId),
      [later, first],
    )
    assert.deepEqual(list.body[1], {
      sessionId: first,
      identity: 'CP-001',
      strategy: 'equal_share',
      allocatedKw: 22.5,
      status: 'active',
      startedAt: '2026-04-13T12:00:00.000Z',
      updatedAt: '2026-04-13T12:01:00.000Z',
    })
    assert.equal(list.headers.get('x-total-count'), '2')
    assert.equal((await get('/smart-charge?identity=CP-002')).body[0].status, 'ended')
  })
})

describe('GET /proxy', () => {
  it('lists what the proxy did, newest first', async () => {
    const list = await get('/proxy')
    assert.deepEqual(idsOf(list), [reset, boot])
    assert.deepEqual(list.body[1], {
      id: boot,
      type: 'translation',
      fromProtocol: 'ocpp1.6',
      toProtocol: 'ocpp2.0.1',
      method: 'BootNotification',
      timestamp: '2026-04-13T12:01:00.000Z',
    })
    assert.deepEqual(idsOf(await get('/proxy?identity=CP-002&limit=5')), [reset])
  })
})

describe('events that are too old', () => {
  it('are removed, whosever they are', async () => {
    const identity = 'CP-OLD'
    const ages = [10, 400].map(days => ({ identity, time: new Date(Date.now() - days * 86_400_000) }))
    const kept = [
      (
        await insert(
          'ocpp.security_events',
          ages.map(age => ({ ...security, ...age })),
        )
      )[0],
      (
        await insert(
          'ocpp.system_events',
          ages.map(age => ({ ...system, ...age })),
        )
      )[0],
    ]
    await securityEvents.removeOld(db, 365)
    await systemEvents.removeOld(db, 365)
    const left = [
      ...(await db('ocpp.security_events').where({ identity }).pluck('event_id')),
      ...(await db('ocpp.system_events').where({ identity }).pluck('event_id')),
    ]
    assert.deepEqual(left, kept)
  })
})
