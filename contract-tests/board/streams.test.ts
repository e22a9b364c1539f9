import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import * as securityEvents from '../../src/store/securityEvents.ts'
import { eventually } from '../processes/workplace.ts'
import { type EventClient, openEvents } from '../support/eventClient.ts'
import { logIn, logMessages, tenantId } from '../support/stationMessages.ts'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'

/** The event streams of the board: what they send, to whom, where they resume and when they end. */

const database = await openTestDatabase()
const server = await startServerOn(database, { SSE_HEARTBEAT_MS: '100' })
const other = await startServerOn(database, { STREAMS_PER_SESSION: '2' })
after(async () => {
  await Promise.all([server.close(), other.close()])
  await database.drop()
})
const { db } = server.services
const tenant = await tenantId(db)
const session = await logIn(server, server.credentials.board!.token)
const foreignSession = await logIn(server, server.credentials.other_tenant.board!.token)

const messagesOf = async (stream: EventClient, count: number) => (await stream.received('message', count)).map(data)
const data = ({ data }: { data: { id: string; method: string; identity: string } }) => data
const methods = (stream: EventClient) => stream.of('message').map(({ data }) => data.method)
const log = (...names: string[]) =>
  logMessages(
    db,
    tenant,
    names.map(method => ({ method })),
  )
/** Tells that everything before it was sent. */
const fence = async (stream: EventClient, name: string) => {
  await log(name)
  await eventually(name, 5000, () => methods(stream).includes(name))
}

describe('an event stream', () => {
  it('says at once that it is connected, and what keeps proxies from holding it back', async () => {
    for (const path of ['/messages/stream', '/telemetry/stream', '/security/stream', '/security-events/stream']) {
      const stream = await openEvents(server, path, session)
      const { headers } = stream.response
      assert.equal(headers['content-type'], 'text/event-stream')
      assert.equal(headers['cache-control'], 'no-cache')
      assert.equal(headers['x-accel-buffering'], 'no')
      assert.ok(headers['x-request-id'])
      const [connected] = await stream.received('connected', 1)
      assert.deepEqual(connected!.data, {})
      assert.ok(connected!.id)
      assert.equal(stream.asides[0], 'retry: 2000')
      stream.close()
    }
  })
  it('sends the comment heartbeat every SSE_HEARTBEAT_MS', async () => {
    const stream = await openEvents(server, '/messages/stream', session)
    const from = performance.now()
    await eventually('five heartbeats', 3000, () => stream.asides.filter(text => text === ': heartbeat').length >= 5)
    assert.ok(performance.now() - from > 300)
    assert.deepEqual(stream.faults, [])
    stream.close()
  })
  it('401 without a session, 403 with one that nobody was given, and HEAD has headers only', async () => {
    assert.deepEqual((await server.call('GET', '/api/messages/stream')).body, { error: 'Unauthorized' })
    const wrong = await server.call('GET', '/api/messages/stream', { token: 'wrong' })
    assert.deepEqual([wrong.status, wrong.body], [403, { error: 'Session expired' }])
    const head = await server.call('HEAD', '/api/messages/stream', { token: session })
    assert.deepEqual([head.status, head.headers.get('content-type'), head.body], [200, 'text/event-stream', undefined])
  })
  it('400 for a name that the query does not have, and for a wrong value', async () => {
    for (const query of ['nothing=1', 'direction=UP', 'type=NONE']) {
      assert.equal((await server.call('GET', `/api/messages/stream?${query}`, { token: session })).status, 400, query)
    }
  })
  it('429 beyond the streams that a session may have, until one is closed', async () => {
    const first = await openEvents(other, '/messages/stream', session)
    const second = await openEvents(other, '/telemetry/stream', session)
    const third = await other.call('GET', '/api/security/stream', { token: session })
    assert.equal(third.status, 429)
    assert.equal(third.headers.get('retry-after'), '5')
    const foreign = await openEvents(other, '/messages/stream', foreignSession)
    first.close()
    const again = await eventually('room', 2000, () =>
      openEvents(other, '/security/stream', session).catch(() => undefined),
    )
    for (const stream of [second, foreign, again]) stream.close()
  })
})

describe('the stream of messages', () => {
  it('sends each message in the shape of GET /messages within a second', async () => {
    const stream = await openEvents(server, '/messages/stream', session)
    await stream.received('connected', 1)
    const from = performance.now()
    await logMessages(db, tenant, [
      { method: 'BootNotification', payload: { chargePointVendor: 'Vendör\n', chargePointModel: 'M' } },
    ])
    const [message] = await messagesOf(stream, 1)
    assert.ok(performance.now() - from < 1000)
    const { body } = await server.call('GET', '/api/messages?limit=1', { token: session })
    assert.deepEqual([message], body)
    stream.close()
  })
  it('keeps to the filters, all of which must hold', async () => {
    const queries = ['identity=CP-A', 'method=Reset', 'direction=OUT', 'type=CALLRESULT', 'identity=CP-A&method=Reset']
    const streams = await Promise.all(queries.map(query => openEvents(server, `/messages/stream?${query}`, session)))
    await Promise.all(streams.map(stream => stream.received('connected', 1)))
    await logMessages(db, tenant, [
      { identity: 'CP-A', method: 'Heartbeat' },
      { identity: 'CP-A', method: 'Reset' },
      { identity: 'CP-B', method: 'Reset' },
      { identity: 'CP-B', method: 'Heartbeat', direction: 'OUT' },
      { identity: 'CP-B', method: 'Heartbeat', type: 'CALLRESULT' },
      // In none of them.
      { identity: 'CP-B', method: 'Heartbeat' },
      // In all of them.
      { identity: 'CP-A', method: 'Reset', direction: 'OUT', type: 'CALLRESULT' },
    ])
    const counts = [3, 3, 2, 2, 2]
    for (const [index, stream] of streams.entries()) {
      const messages = await messagesOf(stream, counts[index]!)
      assert.equal(messages.length, counts[index], queries[index])
      stream.close()
    }
  })
  it('has no frames that do not parse, and nothing of another tenant', async () => {
    const stream = await openEvents(server, '/messages/stream', session)
    const foreign = await openEvents(server, '/messages/stream', foreignSession)
    await Promise.all([stream.received('connected', 1), foreign.received('connected', 1)])
    await logMessages(db, tenant, [{ type: 'INVALID', method: 'Unknown', payload: null, raw: 'x' }, { method: 'Mine' }])
    await logMessages(db, await tenantId(db, 'borealis'), [{ method: 'Theirs' }])
    await Promise.all([stream.received('message', 1), foreign.received('message', 1)])
    await fence(stream, 'Fence')
    assert.deepEqual(methods(stream), ['Mine', 'Fence'])
    assert.deepEqual(methods(foreign), ['Theirs'])
    stream.close()
    foreign.close()
  })
})

describe('a client that comes back', () => {
  it('goes on after its last event, without a gap and without anything twice, by header or by query', async () => {
    const first = await openEvents(server, '/messages/stream', session)
    await first.received('connected', 1)
    await log('A', 'B', 'C')
    await first.received('message', 3)
    const [a] = first.of('message')
    first.close()
    await log('D')
    await log('E', 'F')
    for (const [path, headers] of [
      ['/messages/stream', { 'last-event-id': a!.id }],
      [`/messages/stream?lastEventId=${encodeURIComponent(a!.id)}`, {}],
      [`/messages/stream?lastEventId=wrong`, { 'last-event-id': a!.id }],
    ] as const) {
      const again = await openEvents(server, path, session, headers)
      await again.received('message', 5)
      const name = `Live${Math.random()}`
      await fence(again, name)
      assert.deepEqual(methods(again).slice(0, 5), ['B', 'C', 'D', 'E', 'F'])
      assert.equal(again.of('reset').length, 0)
      const ids = again.of('message').map(({ id }) => id)
      assert.deepEqual(ids, [...new Set(ids)].sort())
      again.close()
    }
  })
  it('goes on where it connected, when it has had no event yet', async () => {
    const first = await openEvents(server, '/messages/stream', session)
    const [connected] = await first.received('connected', 1)
    first.close()
    await log('Missed')
    const again = await openEvents(server, '/messages/stream', session, { 'last-event-id': connected!.id })
    await again.received('message', 1)
    assert.deepEqual(methods(again), ['Missed'])
    again.close()
  })
  it('gets what passes its filter', async () => {
    const first = await openEvents(server, '/messages/stream', session)
    const [connected] = await first.received('connected', 1)
    first.close()
    await log('One', 'Two', 'One')
    const headers = { 'last-event-id': connected!.id }
    const again = await openEvents(server, '/messages/stream?method=One', session, headers)
    await log('One')
    await again.received('message', 3)
    assert.deepEqual(methods(again), ['One', 'One', 'One'])
    again.close()
  })
  it('is told when its last event is none of the stream, or is not kept', async () => {
    for (const [id, reason] of [
      ['garbage', 'unknown'],
      ['FFFFFFFF/00000000:00000000', 'unknown'],
      ['00000000/00000001:00000000', 'expired'],
    ] as const) {
      const stream = await openEvents(server, '/messages/stream', session, { 'last-event-id': id })
      const [reset] = await stream.received('reset', 1)
      assert.equal(reset!.data.reason, reason)
      assert.ok(reset!.id > '00000000/00000001:00000000' && reset!.id < 'FFFFFFFF')
      await log('Next')
      await stream.received('message', 1)
      assert.deepEqual(methods(stream), ['Next'])
      stream.close()
    }
  })
  it('gets thousands of missed messages at the speed at which it reads', async () => {
    const first = await openEvents(server, '/messages/stream', session)
    const [connected] = await first.received('connected', 1)
    first.close()
    const payload = { filler: 'x'.repeat(1000) }
    for (let batch = 0; batch < 10; batch++)
      await logMessages(
        db,
        tenant,
        Array.from({ length: 500 }, (_, index) => ({ method: String(batch * 500 + index), payload })),
      )
    const again = await openEvents(server, '/messages/stream', session, { 'last-event-id': connected!.id })
    again.response.pause()
    await delay(200)
    again.response.resume()
    await again.received('message', 5000, 20_000)
    assert.deepEqual(
      methods(again),
      Array.from({ length: 5000 }, (_, index) => String(index)),
    )
    again.close()
  })
})

describe('several processes', () => {
  it('each sends what was written through any, and resumes what another has sent', async () => {
    const here = await openEvents(server, '/messages/stream', session)
    const there = await openEvents(other, '/messages/stream', session)
    await Promise.all([here.received('connected', 1), there.received('connected', 1)])
    await log('P', 'Q')
    await Promise.all([here.received('message', 2), there.received('message', 2)])
    assert.deepEqual(there.of('message'), here.of('message'))
    const id = here.of('message')[0]!.id
    here.close()
    await log('R')
    const resumed = await openEvents(other, '/messages/stream', session, { 'last-event-id': id })
    await resumed.received('message', 2)
    await log('S')
    await resumed.received('message', 3)
    assert.deepEqual(methods(resumed), ['Q', 'R', 'S'])
    for (const stream of [there, resumed]) stream.close()
  })
  it('have one id for a message, whatever else they listen to', async () => {
    const security = await openEvents(server, '/security/stream', session)
    const [here, there] = await Promise.all([server, other].map(each => openEvents(each, '/messages/stream', session)))
    await Promise.all([security, here!, there!].map(stream => stream.received('connected', 1)))
    await db.transaction(async transaction => {
      const event = { category: 'TEST', identity: 'CP-9', message: 'x', severity: 'low' as const, details: {} }
      await securityEvents.add(transaction, { ...event, tenantId: tenant })
      await logMessages(transaction, tenant, [{ method: 'X' }, { method: 'Y' }])
    })
    await Promise.all([here!.received('message', 2), there!.received('message', 2), security.received('security', 1)])
    assert.deepEqual(there!.of('message'), here!.of('message'))
    const [notice] = security.of('security')
    assert.ok(notice!.id < here!.of('message')[0]!.id)
    for (const stream of [security, here!, there!]) stream.close()
  })
  it('a process that began later says that it cannot resume', async () => {
    const here = await openEvents(server, '/messages/stream', session)
    await here.received('connected', 1)
    await log('Before')
    await here.received('message', 1)
    const id = here.lastId
    await log('Meanwhile')
    const late = await startServerOn(database)
    const resumed = await openEvents(late, '/messages/stream', session, { 'last-event-id': id })
    const [reset] = await resumed.received('reset', 1)
    assert.equal(reset!.data.reason, 'expired')
    await log('After')
    await resumed.received('message', 1)
    assert.deepEqual(methods(resumed), ['After'])
    await late.close()
    await resumed.hasEnded()
    here.close()
  })
})

describe('the stream of security events', () => {
  it('sends each in the shape of GET /security, on both of its paths', async () => {
    const streams = await Promise.all(
      ['/security/stream', '/security-events/stream'].map(path => openEvents(server, path, session)),
    )
    await Promise.all(streams.map(stream => stream.received('connected', 1)))
    const event = { category: 'AUTH_FAILED', identity: 'CP-9', message: 'wrong', severity: 'medium' as const }
    await securityEvents.add(db, { ...event, tenantId: tenant, details: { ip: '192.0.2.1', attempt: 2 } })
    const { body } = await server.call('GET', '/api/security?limit=1', { token: session })
    for (const stream of streams) {
      const [notice] = await stream.received('security', 1)
      assert.deepEqual(notice!.data, body[0])
      stream.close()
    }
    const [last] = streams
    const again = await openEvents(server, '/security/stream', session, { 'last-event-id': last!.events[0]!.id })
    await again.received('security', 1)
    again.close()
  })
})

describe('the stream of telemetry', () => {
  it('sends the numbers of GET /telemetry every two seconds, the same to all, and resumes', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => openEvents(server, '/telemetry/stream', session)))
    const from = performance.now()
    const first = await one!.received('telemetry', 3, 8000)
    assert.ok(performance.now() - from > 3900)
    await two!.received('telemetry', 3)
    assert.deepEqual(two!.of('telemetry').slice(0, 3), first.slice(0, 3))
    const { body } = await server.call('GET', '/api/telemetry', { token: session })
    assert.deepEqual(Object.keys(first[0]!.data), Object.keys(body))
    const id = first[0]!.id
    for (const stream of [one, two]) stream!.close()
    const again = await openEvents(server, '/telemetry/stream', session, { 'last-event-id': id })
    assert.deepEqual((await again.received('telemetry', 2)).slice(0, 2), first.slice(1, 3))
    again.close()
    for (const [wrong, reason] of [
      ['999999999999', 'unknown'],
      ['000000000001', 'expired'],
    ] as const) {
      const lost = await openEvents(server, '/telemetry/stream', session, { 'last-event-id': wrong })
      assert.equal((await lost.received('reset', 1))[0]!.data.reason, reason)
      lost.close()
    }
  })
})

describe('a stream ends', () => {
  const login = () => logIn(server, server.credentials.board!.token)
  const openAll = (id: string) =>
    Promise.all([
      openEvents(server, '/messages/stream', id),
      openEvents(server, '/telemetry/stream', id),
      openEvents(other, '/security/stream', id),
    ])

  it('with a logout, on every process, and with it only', async () => {
    const mine = await login()
    const kept = await openEvents(server, '/messages/stream', session)
    const streams = await openAll(mine)
    assert.equal((await other.call('POST', '/api/auth/logout', { token: mine })).status, 200)
    await Promise.all(streams.map(stream => stream.hasEnded()))
    assert.equal(kept.ended, false)
    kept.close()
  })
  it('when the session expires', async () => {
    const mine = await login()
    const hash = (await db('ocpp.board_sessions').orderBy('created_at', 'desc').first('session_hash')).session_hash
    await db('ocpp.board_sessions')
      .where({ session_hash: hash })
      .update({ expires_at: db.raw(`now() + interval '1 second'`) })
    const from = performance.now()
    const streams = await openAll(mine)
    await Promise.all(streams.map(stream => stream.hasEnded()))
    assert.ok(performance.now() - from > 500)
  })
  it('when the server drains, at once', async () => {
    const leaving = await startServerOn(database)
    const streams = await Promise.all(
      ['/messages/stream', '/telemetry/stream', '/security/stream'].map(path => openEvents(leaving, path, session)),
    )
    await Promise.all(streams.map(stream => stream.received('connected', 1)))
    const from = performance.now()
    await leaving.close()
    assert.ok(performance.now() - from < 3000)
    await Promise.all(streams.map(stream => stream.hasEnded()))
  })
  it('and nothing of it is left', async () => {
    await eventually('no stream', 3000, async () => {
      const { values } = await server.services.metrics.streams.get()
      return values[0]!.value === 0
    })
  })
})
