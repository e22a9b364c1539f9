import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { connectAsOwner } from '../../src/postgres/connect.ts'
import { within } from '../../src/store/boardLists.ts'
import { type MessageFilter, messagesOf } from '../../src/store/boardMessages.ts'
import { startTestServer } from '../support/testServer.ts'
import { idsOf, openBoard } from './board.ts'

/** The message log as the board shows it: order, filters, pages, and the errors beside it. */

const server = await startTestServer()
const board = await openBoard(server)
const { get } = board
const owner = connectAsOwner(server.databaseUrl)
after(() => owner.destroy())
const at = (minutes: number) => new Date(Date.UTC(2026, 3, 13, 12) + minutes * 60_000)

// Written in an order that is not that of their times.
const boot = await board.message({ method: 'BootNotification', time: at(3), payload: { chargePointModel: 'M' } })
const answer = await board.message({
  method: 'BootNotification',
  direction: 'OUT',
  type: 'CALLRESULT',
  time: at(3),
  response_ms: 12.34567,
  payload: { status: 'Accepted' },
})
const early = await board.message({ time: at(1) })
const elsewhere = await board.message({ identity: 'CP-002', time: at(2), violation: 'a is not known' })
const start = await board.message({ method: 'RemoteStartTransaction', direction: 'OUT', time: at(4) })
const refusal = await board.message({
  method: 'RemoteStartTransaction',
  type: 'CALLERROR',
  time: at(5),
  error_code: 'NotSupported',
  payload: { errorCode: 'NotSupported', errorDescription: 'no', errorDetails: {} },
})
const broken = await board.message({
  method: 'Unknown',
  type: 'INVALID',
  time: at(6),
  payload: null,
  violation: 'the frame is no JSON',
  raw: '[2,"1","Heartbeat",{',
})
const foreign = await board.message({ tenant_id: board.otherTenantId, identity: 'CP-009', time: at(7) })
const readable = [refusal, start, answer, boot, elsewhere, early]

describe('GET /messages', () => {
  it('lists the messages of the tenant, newest first, without frames that do not parse', async () => {
    const list = await get('/messages')
    assert.deepEqual(idsOf(list), readable)
    assert.equal(list.headers.get('x-total-count'), '6')
    assert.deepEqual(idsOf(await get('/messages', 'other')), [foreign])
  })
  it('shows each with the published members', async () => {
    const { body } = await get('/messages?method=BootNotification')
    assert.deepEqual(body[1], {
      id: boot,
      identity: 'CP-001',
      method: 'BootNotification',
      direction: 'IN',
      type: 'CALL',
      timestamp: '2026-04-13T12:03:00.000Z',
      payload: { chargePointModel: 'M' },
      responseTime: null,
    })
    assert.deepEqual([body[0].payload, body[0].responseTime], [{ status: 'Accepted' }, 12.346])
    assert.equal((await get('/messages?identity=CP-002')).body[0].violation, 'a is not known')
  })
  for (const [query, expected] of Object.entries({
    'identity=CP-002': [elsewhere],
    'identity=CP-009': [],
    'method=RemoteStartTransaction': [refusal, start],
    'method=Nothing': [],
    'direction=OUT': [start, answer],
    'type=CALLERROR': [refusal],
    'type=SEND': [],
    'direction=OUT&type=CALL': [start],
    'method=RemoteStartTransaction&direction=OUT&type=CALL': [start],
    'method=RemoteStartTransaction&direction=IN&type=CALL': [],
    'method=Heartbeat&direction=IN&type=CALL': [elsewhere, early],
    'method=RemoteStartTransaction&direction=IN&type=CALLERROR&from=2026-04-13T12:06:00Z': [],
    'identity=CP-001&method=RemoteStartTransaction&direction=IN': [refusal],
    'from=2026-04-13T12:03:00Z': [refusal, start, answer, boot],
    'from=2026-04-13T12:02:00Z&to=2026-04-13T12:03:00Z': [elsewhere],
    'to=2026-04-13T13:02:00%2B01:00': [early],
    'from=2026-04-14T00:00:00Z&to=2026-04-13T00:00:00Z': [],
    'limit=2': [refusal, start],
    'limit=2&offset=2': [answer, boot],
    'offset=6': [],
    'limit=2&offset=1&type=CALL': [boot, elsewhere],
  })) {
    it(`finds what it should for ${query}`, async () => {
      const list = await get(`/messages?${query}`)
      assert.deepEqual(idsOf(list), expected)
    })
  }
  it('tells how many match the filters, whatever the page', async () => {
    const count = async (query: string) => (await get(`/messages?${query}`)).headers.get('x-total-count')
    assert.deepEqual(await Promise.all(['type=CALL&limit=1', 'offset=100', 'method=Nothing'].map(count)), [
      '4',
      '6',
      '0',
    ])
  })
  it('leads through all of them with before, also through those of one instant', async () => {
    const seen: string[] = []
    let next: string | undefined = '/messages?limit=1'
    while (next !== undefined) {
      const page = await get(next)
      seen.push(...idsOf(page))
      next = /<\/api([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
    }
    assert.deepEqual(seen, readable)
    assert.deepEqual(idsOf(await get(`/messages?before=${boot.replace('msg-', '')}`)), [elsewhere, early])
    assert.deepEqual(idsOf(await get(`/messages?before=${start}&direction=OUT`)), [answer])
  })
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=abc',
    'limit=1.5',
    'limit=',
    'offset=-1',
    'offset=10001',
    'direction=BOTH',
    'direction=in',
    'type=INVALID',
    'type=NOTHING',
    'identity=',
    'from=yesterday',
    'from=2026-02-30T00:00:00Z',
    'from=2026-01-01T00:00:00%2B16:00',
    'to=2026-01-01T00:00:00-23:59',
    'before=msg-',
    'before=evt-1',
    'before=999999999999999',
    `before=${foreign}`,
    'nothing=1',
    'limit=1&limit=2',
  ])
    it(`400 for ${query.replace(/\d{15}/, 'an id of nothing')}`, async () => {
      const { status, body } = await get(`/messages?${query}`)
      assert.equal(status, 400, JSON.stringify(body))
      assert.deepEqual(Object.keys(body), ['error'])
    })
})

describe('GET /errors', () => {
  it('lists CALLERRORs and frames that do not parse, with what was wrong', async () => {
    const list = await get('/errors')
    assert.equal(list.headers.get('x-total-count'), '2')
    assert.deepEqual(list.body, [
      {
        id: broken,
        identity: 'CP-001',
        method: 'Unknown',
        direction: 'IN',
        type: 'INVALID',
        timestamp: '2026-04-13T12:06:00.000Z',
        errorCode: null,
        payload: null,
        violation: 'the frame is no JSON',
        raw: '[2,"1","Heartbeat",{',
      },
      {
        id: refusal,
        identity: 'CP-001',
        method: 'RemoteStartTransaction',
        direction: 'IN',
        type: 'CALLERROR',
        timestamp: '2026-04-13T12:05:00.000Z',
        errorCode: 'NotSupported',
        payload: { errorCode: 'NotSupported', errorDescription: 'no', errorDetails: {} },
        violation: null,
        raw: null,
      },
    ])
    assert.deepEqual((await get('/errors', 'other')).body, [])
  })
  it('filters and pages as messages do', async () => {
    assert.deepEqual(idsOf(await get(`/errors?before=${broken}`)), [refusal])
    assert.deepEqual(idsOf(await get('/errors?identity=CP-002')), [])
    assert.deepEqual(idsOf(await get('/errors?limit=1&to=2026-04-13T12:06:00Z')), [refusal])
    assert.equal((await get('/errors?type=INVALID')).status, 400)
  })
})

describe('many messages', () => {
  const identity = `MANY-${randomUUID()}`
  const fill = (count: number, { from = 0, station = identity, direction = 'IN', method = 'Heartbeat' } = {}) =>
    server.services.db.raw(
      `insert into ocpp.messages (tenant_id, identity, connection_id, direction, type, method, protocol, time, payload)
       select :tenant, :station, gen_random_uuid(), :direction, 'CALL', :method, 'ocpp1.6', now() - i * interval '1 s', '{}'
       from generate_series(:from::int + 1, :from::int + :count::int) i`,
      { tenant: board.tenantId, station, count, from, direction, method },
    )
  it('are counted exactly up to 10000, and no further', async () => {
    await fill(10_000)
    const count = async () => (await get(`/messages?identity=${identity}&limit=1`)).headers.get('x-total-count')
    assert.equal(await count(), '10000')
    await fill(1, { from: 10_000 })
    assert.equal(await count(), '10000+')
    await fill(1000, { station: 'LIMITED', direction: 'OUT', method: 'SetChargingProfile' })
    await owner.raw('vacuum analyze ocpp.messages')
  })
  it('are reached by offset up to 10000, and by before beyond it', async () => {
    const [last] = (await get(`/messages?identity=${identity}&offset=9999&limit=1`)).body
    assert.equal((await get(`/messages?identity=${identity}&before=${last.id}`)).body.length, 1)
    assert.equal((await get(`/messages?identity=${identity}&offset=10000`)).body.length, 1)
    assert.equal((await get(`/messages?identity=${identity}&limit=1000&offset=9500`)).body.length, 501)
  })
  const filters: MessageFilter[] = [
    { direction: 'OUT', type: 'CALL' },
    { method: 'Heartbeat', direction: 'OUT', type: 'CALL' },
    { method: 'SetChargingProfile', direction: 'IN', type: 'CALL' },
    { identity, method: 'BootNotification' },
    { type: 'CALLERROR' },
    { direction: 'IN', to: '2026-04-13T12:04:00Z' },
  ]
  for (const filter of filters) {
    const name = JSON.stringify(filter).replace(identity, 'many')
    it(`are found in an index, without passing by those that do not match: ${name}`, async () => {
      const page = within(messagesOf(owner, board.tenantId, filter), 'time', filter)
      const { rows } = await owner.raw('explain (analyze, format json) ?', [
        page.select('*').orderByRaw('time desc, message_id desc').limit(100),
      ])
      const removed = [...JSON.stringify(rows).matchAll(/"Rows Removed by Filter":(\d+)/g)]
      assert.ok(removed.reduce((sum, [, count]) => sum + Number(count), 0) < 20, JSON.stringify(rows))
    })
  }
})
