import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { responses } from '../../generated/board/validators.js'
import { ERROR_COLUMNS, MESSAGE_COLUMNS, SECURITY_COLUMNS, SYSTEM_COLUMNS } from '../../src/board/columns.ts'
import * as securityEvents from '../../src/store/securityEvents.ts'
import * as systemEvents from '../../src/store/systemEvents.ts'
import { eventually } from '../processes/workplace.ts'
import { logIn, logMessages, tenantId } from '../support/stationMessages.ts'
import { startTestServer } from '../support/testServer.ts'

/** Lists of the board as NDJSON and CSV: all of them, page by page, as fast as they are read. */

const server = await startTestServer()
const { db } = server.services
const tenant = await tenantId(db)
const token = await logIn(server, server.credentials.board!.token)
const NDJSON = 'application/x-ndjson'

const start = Date.parse('2026-04-13T00:00:00Z')
/** Many of one instant, so that pages end between them. */
const at = (index: number) => new Date(start + Math.floor(index / 700) * 1000)
const COUNT = 2600
await logMessages(
  db,
  tenant,
  Array.from({ length: COUNT }, (_, index) => ({
    time: at(index),
    method: index % 2 === 0 ? 'Heartbeat' : 'MeterValues',
    identity: `CP-${index % 5}`,
    payload: { index },
  })),
)
await logMessages(db, await tenantId(db, 'borealis'), [{ method: 'Foreign', time: at(0) }])

const get = (path: string, accept: string) => server.call('GET', `/api${path}`, { token, headers: { accept } })
// A single line is parsed by the client already.
const linesOf = (body: unknown): { id: string; payload: { index: number } }[] =>
  typeof body === 'string'
    ? body
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line))
    : body === undefined
      ? []
      : [body as never]
const exported = async (path: string) => linesOf((await get(path, NDJSON)).body)
const indexes = (items: { payload: { index: number } }[]) => items.map(({ payload }) => payload.index)

async function listed(path: string) {
  const { body } = await get(path, 'application/json')
  return body
}

describe('an export as NDJSON', () => {
  it('has every message once, newest first, as the list shows it', async () => {
    const { status, headers, body } = await get('/messages', NDJSON)
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), NDJSON)
    assert.equal(headers.get('vary'), 'Origin, Accept')
    const items = linesOf(body)
    assert.deepEqual(
      indexes(items),
      Array.from({ length: COUNT }, (_, index) => COUNT - 1 - index),
    )
    assert.deepEqual(items.slice(0, 100), await listed('/messages'))
    assert.ok(responses.listMessages[200]!(items.slice(0, 1000)))
  })
  it('keeps to filters and to a period', async () => {
    const all = await exported('/messages')
    for (const [query, wanted] of [
      ['method=Heartbeat&identity=CP-2', (index: number) => index % 2 === 0 && index % 5 === 2],
      ['from=2026-04-13T00:00:01Z&to=2026-04-13T00:00:03Z', (index: number) => index >= 700 && index < 2100],
      ['direction=OUT', () => false],
    ] as const) {
      const expected = all.filter(({ payload }) => wanted(payload.index))
      assert.deepEqual(await exported(`/messages?${query}`), expected, query)
    }
  })
  it('takes limit, offset and before where they are given, and 400 for a message that there is not', async () => {
    const all = await exported('/messages')
    assert.deepEqual(await exported('/messages?limit=1000'), all.slice(0, 1000))
    assert.deepEqual(await exported('/messages?limit=3&offset=5'), all.slice(5, 8))
    assert.deepEqual(await exported('/messages?offset=700'), all.slice(700))
    assert.deepEqual(await exported(`/messages?before=${all[999]!.id}`), all.slice(1000))
    const { status, body } = await get('/messages?before=msg-999999999', NDJSON)
    assert.deepEqual([status, Object.keys(body)], [400, ['error']])
  })
  it('401 without a session, and HEAD has headers only', async () => {
    const headers = { accept: NDJSON }
    assert.equal((await server.call('GET', '/api/messages', { headers })).status, 401)
    const head = await server.call('HEAD', '/api/messages', { token, headers })
    assert.deepEqual([head.status, head.headers.get('content-type'), head.body], [200, NDJSON, undefined])
  })
  it('is there for errors, security events, system events and the history of telemetry too', async () => {
    await logMessages(
      db,
      tenant,
      Array.from({ length: 501 }, () => ({
        type: 'INVALID',
        method: 'Unknown',
        payload: null,
        raw: '[2,',
        time: at(0),
      })),
    )
    for (let attempt = 0; attempt < 5; attempt++) {
      const common = { tenantId: tenant, identity: 'CP-1', message: 'x', details: { attempt } }
      await securityEvents.add(db, { ...common, category: 'AUTH_FAILED', severity: 'low' })
      await systemEvents.add(db, { ...common, type: 'TEST' })
    }
    await db('ocpp.rates').insert({
      tenant_id: tenant,
      process_id: server.services.processId,
      second: new Date(Date.now() - 60_000),
      messages: 3,
      errors: 1,
      answers: 1,
      answer_ms: 5,
    })
    const lists = {
      '/errors': 501,
      '/security?category=AUTH_FAILED': 5,
      '/security-events?severity=low': 5,
      '/system-events?identity=CP-1': 5,
      '/telemetry/history': 1,
    }
    for (const [path, count] of Object.entries(lists)) {
      const items = await exported(path)
      assert.equal(items.length, count, path)
      assert.deepEqual(items.slice(0, 100), await listed(path), path)
    }
  })
})

describe('an export as CSV', () => {
  it('has a header, objects as JSON, and no formulas', async () => {
    const payload = { text: 'a "quoted"\nline, and more' }
    const time = new Date('2026-05-01T00:00:00Z')
    await logMessages(db, tenant, [{ identity: '=1+1', method: 'DataTransfer', payload, time }])
    const { headers, body } = await get('/messages?from=2026-05-01T00:00:00Z&to=2026-05-01T00:00:01Z', 'text/csv')
    assert.equal(headers.get('content-type'), 'text/csv')
    const [item] = await listed('/messages?from=2026-05-01T00:00:00Z&to=2026-05-01T00:00:01Z')
    const quoted = JSON.stringify(payload).replaceAll('"', '""')
    const row = `${item.id},2026-05-01T00:00:00.000Z,'=1+1,IN,CALL,DataTransfer,,"${quoted}",`
    assert.equal(body, `${MESSAGE_COLUMNS}\n${row}\n`)
  })
  it('has all rows, and only the header where there are none', async () => {
    const { body } = await get('/messages?to=2026-04-14T00:00:00Z', 'text/csv')
    assert.equal(body.trimEnd().split('\n').length, COUNT + 1)
    assert.equal((await get('/messages?identity=nobody', 'text/csv')).body, `${MESSAGE_COLUMNS}\n`)
  })
  it('has the members of each list as columns', async () => {
    for (const [path, columns] of [
      ['/errors', ERROR_COLUMNS],
      ['/security', SECURITY_COLUMNS],
      ['/security-events', SECURITY_COLUMNS],
      ['/system-events', SYSTEM_COLUMNS],
    ] as const) {
      const [item] = await listed(path)
      assert.deepEqual([...columns].sort(), Object.keys(item).sort(), path)
      assert.equal((await get(path, 'text/csv')).body.split('\n')[0], String(columns))
    }
  })
})

describe('a large export', () => {
  /** Statements that read a page. */
  const pages: string[] = []
  db.on('query', ({ sql }) => {
    if (sql.includes('time::text as instant')) pages.push(sql)
  })
  const open = () =>
    new Promise<http.IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, accept: NDJSON }
      http.get(`${server.url}/api/messages?identity=CP-LARGE`, { agent: false, headers }, resolve).once('error', reject)
    })

  it('is read no faster than it is taken, and no further than the caller stays', async () => {
    const payload = { filler: 'x'.repeat(2000) }
    for (let batch = 0; batch < 20; batch++)
      await logMessages(
        db,
        tenant,
        Array.from({ length: 1000 }, () => ({ identity: 'CP-LARGE', payload })),
      )
    const TOTAL = 40
    pages.length = 0
    const slow = await open()
    slow.pause()
    await eventually('reading to stand still', 10_000, async () => {
      const before = pages.length
      await delay(300)
      return before > 0 && pages.length === before
    })
    const taken = pages.length
    assert.ok(taken < TOTAL / 2, `${taken} pages were read for somebody who took none`)
    let lines = 0
    slow.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) lines++
    })
    slow.resume()
    await new Promise(resolve => slow.once('end', resolve))
    assert.equal(lines, 20_000)
    assert.ok(pages.length >= TOTAL)

    pages.length = 0
    const gone = await open()
    gone.on('error', () => {})
    gone.once('data', () => gone.destroy())
    await eventually('the caller to be gone', 5000, () => gone.destroyed)
    await delay(300)
    assert.ok(pages.length < TOTAL / 2, `${pages.length} pages were read for somebody who has hung up`)
  })
})
