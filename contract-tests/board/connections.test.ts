import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { DISCONNECT } from '../../src/store/ocppCalls.ts'
import { eventually } from '../processes/workplace.ts'
import { closeStations, connectRaw } from '../support/rawStation.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'
import { openBoard } from './board.ts'

/** Stations and their connections: lists, one of them, ending one and forgetting those that have ended. */

const database = await openTestDatabase()
const server = await startServerOn(database)
const second = await startServerOn(database)
const board = await openBoard(server)
const { get, send } = board
const { db } = server.services
const password = server.credentials.ocpp.password
const connect = (identity: string, on = server) => connectRaw(on.url, { identity, password, protocols: ['ocpp1.6'] })
after(async () => {
  closeStations()
  await Promise.all([server.close(), second.close()])
  await database.drop()
})

const old = await board.station({ protocol: 'ocpp2.0.1', connected_at: new Date(Date.now() - 3_600_000) })
const recent = await board.station()
const foreign = await board.station({ tenant_id: board.otherTenantId })
const live = await connect('LIVE-1')

const identitiesOf = (answer: { body: { identity: string }[] }) => answer.body.map(({ identity }) => identity)

describe('GET /connections', () => {
  it('lists who is and who was connected, the latest first, of the tenant only', async () => {
    const list = await get('/connections')
    assert.deepEqual(identitiesOf(list), ['LIVE-1', recent, old])
    assert.equal(list.headers.get('x-total-count'), '3')
    assert.deepEqual(identitiesOf(await get('/connections', 'other')), [foreign])
  })
  it('shows a station with the published members', async () => {
    const [station] = (await get('/connections?status=online')).body
    const { connectedAt, ...facts } = station
    assert.deepEqual(facts, {
      identity: 'LIVE-1',
      remoteAddress: '127.0.0.1',
      protocol: 'ocpp1.6',
      disconnectedAt: null,
      status: 'online',
      messageCount: 0,
      errorCount: 0,
      lastMessageAt: null,
    })
    assert.ok(Math.abs(Date.parse(connectedAt) - Date.now()) < 60_000)
  })
  for (const [query, expected] of Object.entries({
    'status=online': ['LIVE-1'],
    'status=offline': [recent, old],
    'status=all': ['LIVE-1', recent, old],
    'protocol=ocpp2.0.1': [old],
    'status=online&protocol=ocpp2.0.1': [],
    'limit=1&offset=1': [recent],
  }))
    it(`finds what it should for ${query}`, async () => {
      assert.deepEqual(identitiesOf(await get(`/connections?${query}`)), expected)
    })
  for (const query of ['status=gone', 'protocol=ocpp1.5', 'status=', 'identity=x', 'limit=0'])
    it(`400 for ${query}`, async () => {
      assert.equal((await get(`/connections?${query}`)).status, 400)
    })
})

describe('GET /connections/{identity}', () => {
  it('shows a station with its last messages, which are counted', async () => {
    await live.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })
    const { body } = await eventually('the messages', 5000, async () => {
      const answer = await get('/connections/LIVE-1')
      return answer.body.messageCount === 4 ? answer : undefined
    })
    const [features, , reply, boot] = body.recentMessages
    assert.deepEqual([boot.method, boot.direction, boot.type], ['BootNotification', 'IN', 'CALL'])
    assert.deepEqual(boot.payload, { chargePointVendor: 'V', chargePointModel: 'M' })
    assert.deepEqual([reply.method, reply.direction, reply.type], ['BootNotification', 'OUT', 'CALLRESULT'])
    assert.equal(reply.payload.status, 'Accepted')
    assert.ok(reply.responseTime > 0)
    assert.deepEqual([features.method, features.direction, features.type], ['GetConfiguration', 'IN', 'CALLRESULT'])
    assert.equal(body.lastMessageAt, features.timestamp)
  })
  it("404 for one that nobody knows, and for another tenant's", async () => {
    for (const identity of ['NOBODY', foreign]) {
      const { status, body } = await get(`/connections/${identity}`)
      assert.deepEqual([status, body], [404, { error: 'Connection not found' }])
    }
  })
  it('400 for a path that is no percent-encoding', async () => {
    assert.equal((await get('/connections/%E0%A4%A')).status, 400)
  })
  it('shows at most 100 messages, the newest, however old they are', async () => {
    const identity = await board.station()
    const time = (index: number) => new Date(Date.now() - (index + 40) * 86_400_000)
    for (let index = 0; index < 101; index++) await board.message({ identity, time: time(index), method: `M${index}` })
    const { recentMessages } = (await get(`/connections/${identity}`)).body
    assert.equal(recentMessages.length, 100)
    assert.deepEqual([recentMessages[0].method, recentMessages[99].method], ['M0', 'M99'])
  })
})

describe('POST /connections/{identity}/disconnect', () => {
  it('200 when the station has got its close frame and is shown as offline', async () => {
    const station = await connect('LIVE-2')
    const { status, body } = await send('POST', '/connections/LIVE-2/disconnect')
    assert.deepEqual([status, body], [200, { success: true, message: 'Connection terminated' }])
    assert.notEqual((await station.closed).code, 1006)
    const shown = (await get('/connections/LIVE-2')).body
    assert.equal(shown.status, 'offline')
    assert.ok(Date.parse(shown.disconnectedAt) > 0)
    const [event] = (await get('/system-events?identity=LIVE-2&limit=2')).body.filter(
      ({ type }: { type: string }) => type === 'DISCONNECT_REQUESTED',
    )
    assert.deepEqual(event.details, { requestedBy: 'board:admin' })
  })
  it('200 for one whose socket another process holds, which is told through the feed', async () => {
    const station = await connect('LIVE-3', second)
    // What the process with the socket does with the row.
    const stop = second.services.feed.subscribe('ocpp.calls', ({ row }) => {
      assert.equal(row.action, DISCONNECT)
      second.services.stations.disconnect(String(row.identity), 'Connection terminated')
    })
    const { status } = await send('POST', '/connections/LIVE-3/disconnect')
    stop()
    assert.equal(status, 200)
    assert.notEqual((await station.closed).code, 1006)
  })
  it('200 at once for one that is offline already', async () => {
    const { status, body } = await send('POST', `/connections/${recent}/disconnect`)
    assert.deepEqual([status, body.message], [200, 'Connection terminated'])
  })
  it('stands in the audit log of the tenant with the station that was named, connected or not', async () => {
    const rows = await db('ops.audit_logs')
      .select('tenant_id', 'actor', 'path', 'details')
      .where({ action: 'disconnectStation', status: 200 })
      .orderBy('at')
    const asked = (identity: string) => ({
      tenant_id: board.tenantId,
      actor: 'board:admin',
      path: `/api/connections/${identity}/disconnect`,
      details: { identity },
    })
    assert.deepEqual(rows, ['LIVE-2', 'LIVE-3', recent].map(asked))
  })
  it('404 for one that nobody knows, and for another tenant, which changes nothing and is no action', async () => {
    assert.equal((await send('POST', '/connections/NOBODY/disconnect')).status, 404)
    assert.equal((await send('POST', '/connections/LIVE-1/disconnect', 'other')).status, 404)
    assert.equal((await get('/connections/LIVE-1')).body.status, 'online')
    const rows = await db('ops.audit_logs').whereLike('path', '%/NOBODY/disconnect').orWhereLike('path', '%/LIVE-1/%')
    assert.deepEqual(rows, [])
  })
  it('503 when the process that holds the socket does not do it', async () => {
    const identity = await board.station({ disconnected_at: null })
    const { status, headers } = await send('POST', `/connections/${identity}/disconnect`)
    assert.equal(status, 503)
    assert.ok(headers.get('retry-after'))
  })
})

describe('DELETE /connections/{identity}', () => {
  it('200 and it is forgotten, but nothing that was said or noted', async () => {
    const identity = await board.station()
    const message = await board.message({ identity })
    assert.deepEqual((await send('DELETE', `/connections/${identity}`)).body, { success: true })
    assert.equal((await get(`/connections/${identity}`)).status, 404)
    assert.deepEqual(await db('ocpp.connections').where({ identity }), [])
    assert.equal((await get(`/messages?identity=${identity}`)).body[0].id, message)
    const [event] = (await get(`/system-events?identity=${identity}`)).body
    assert.deepEqual([event.type, event.details], ['HISTORY_REMOVED', { requestedBy: 'board:admin' }])
    assert.equal((await send('DELETE', `/connections/${identity}`)).status, 404)
  })
  it('200 for one that is connected, which stays shown and connected, without its past', async () => {
    await (await connect('LIVE-4')).close()
    const again = await connect('LIVE-4')
    await eventually('the first connection has ended', 5000, async () => {
      const rows = await db('ocpp.connections').where({ identity: 'LIVE-4' }).whereNotNull('disconnected_at')
      return rows.length === 1
    })
    assert.equal((await send('DELETE', '/connections/LIVE-4')).status, 200)
    assert.equal((await db('ocpp.connections').where({ identity: 'LIVE-4' })).length, 1)
    assert.equal((await get('/connections/LIVE-4')).body.status, 'online')
    assert.equal(((await again.call('Heartbeat')) as unknown[])[0], 3)
  })
  it('404 for another tenant, which changes nothing', async () => {
    assert.equal((await send('DELETE', `/connections/${old}`, 'other')).status, 404)
    assert.equal((await get(`/connections/${old}`)).status, 200)
  })
})
