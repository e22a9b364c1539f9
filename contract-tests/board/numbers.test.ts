import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { eventually } from '../processes/workplace.ts'
import { closeStations, connectRaw } from '../support/rawStation.ts'
import { startTestServer } from '../support/testServer.ts'
import { openBoard } from './board.ts'

/** The dashboard, telemetry and its history: true across processes, and of the tenant only. */

const server = await startTestServer()
const board = await openBoard(server)
const { get, tenantId } = board
const { db } = server.services
after(closeStations)

const secondsAgo = (seconds: number) => db.raw(`now() - ? * interval '1 s'`, [seconds])
const total = (facts: object) => db('ocpp.totals').insert({ tenant_id: tenantId, process_id: randomUUID(), ...facts })
const rate = (seconds: number, facts: object) =>
  db('ocpp.rates').insert({
    tenant_id: tenantId,
    process_id: randomUUID(),
    second: secondsAgo(seconds),
    errors: 0,
    answers: 0,
    answer_ms: 0,
    ...facts,
  })
const process = (seconds: number) =>
  db('ocpp.processes').insert({ process_id: randomUUID(), started_at: secondsAgo(seconds), seen_at: db.fn.now() })

await total({ messages: 3_889_000, errors: 10, connections: 1200, security_events: 2, system_events: 40, dropped: 1 })
await total({ messages: 1000, errors: 2, connections: 50, security_events: 1, system_events: 5 })
await rate(5, { messages: 500, errors: 10, answers: 100, answer_ms: 1000 })
await rate(40, { messages: 100, errors: 2, answers: 100, answer_ms: 1500 })
await rate(75, { messages: 60, errors: 60, answers: 1, answer_ms: 100_000 })
await rate(3700, { messages: 999, errors: 0 })
await process(86_400)
await db('ocpp.peaks').insert({ tenant_id: tenantId, connections: 25 })
await board.station({ disconnected_at: null })
await board.station()
for (let minute = 0; minute < 12; minute++)
  await board.message({ time: new Date(Date.now() - minute * 60_000), method: `M${minute}` })

describe('GET /overview', () => {
  it('200 with the sums of all processes and the means of the last 60 seconds', async () => {
    const { recentMessages, uptimeSeconds, ...numbers } = (await get('/overview')).body
    assert.deepEqual(numbers, {
      connectedClients: 1,
      totalConnections: 1250,
      messagesPerSecond: 10,
      avgLatencyMs: 12.5,
      errorRate: 0.02,
      totalMessages: 3_890_000,
      securityEventCount: 3,
      errorCount: 12,
      systemEventCount: 45,
      droppedMessages: 1,
    })
    assert.ok(uptimeSeconds >= 86_400 && uptimeSeconds < 86_460, String(uptimeSeconds))
    const methods = recentMessages.map(({ method }: { method: string }) => method)
    assert.deepEqual(methods, ['M0', 'M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', 'M8', 'M9'])
  })
  it('200 with zeros for a tenant whose stations have never connected', async () => {
    const { recentMessages, uptimeSeconds, ...numbers } = (await get('/overview', 'other')).body
    assert.deepEqual(recentMessages, [])
    assert.ok(uptimeSeconds >= 86_400)
    assert.deepEqual(new Set(Object.values(numbers)), new Set([0]))
  })
})

describe('GET /telemetry', () => {
  it('200 with the published members and the memory of the process', async () => {
    const { memoryUsage, uptimeSeconds, ...numbers } = (await get('/telemetry')).body
    assert.deepEqual(numbers, {
      messagesPerSecond: 10,
      avgLatencyMs: 12.5,
      errorRate: 0.02,
      connectionCount: 1,
      peakConnections: 25,
      totalMessages: 3_890_000,
    })
    assert.ok(uptimeSeconds >= 86_400)
    const { rss, heapUsed, heapTotal } = memoryUsage
    assert.ok(rss > heapUsed && heapTotal >= heapUsed && heapUsed > 1e6)
  })
  it('is not changed by being read', async () => {
    const history = async () => (await get('/telemetry/history')).body.length
    const before = await history()
    for (let repeat = 0; repeat < 5; repeat++) await get('/telemetry')
    assert.ok((await history()) - before <= 1)
  })
})

describe('GET /telemetry/history', () => {
  it('200 with the steps of the last hour that are over, newest first', async () => {
    const list = await get('/telemetry/history')
    const oldest = list.body.at(-1)
    assert.deepEqual(
      { ...oldest, timestamp: '' },
      {
        timestamp: '',
        messagesPerSecond: 6,
        avgLatencyMs: 100_000,
        errorRate: 1,
      },
    )
    assert.match(oldest.timestamp, /:\d0\.000Z$/)
    const times = list.body.map(({ timestamp }: { timestamp: string }) => timestamp)
    assert.deepEqual(times, [...times].sort().reverse())
    assert.equal(list.headers.get('x-total-count'), String(times.length))
    assert.deepEqual((await get('/telemetry/history', 'other')).body, [])
  })
  it('takes a period and pages', async () => {
    const { body } = await get('/telemetry/history')
    const [, second] = body
    assert.deepEqual((await get('/telemetry/history?limit=1&offset=1')).body, [second])
    assert.deepEqual((await get(`/telemetry/history?to=${body.at(-1).timestamp}`)).body, [])
    const since = (await get(`/telemetry/history?from=${second.timestamp}`)).body
    assert.deepEqual(since.at(-1), second)
    assert.equal((await get('/telemetry/history?limit=0')).status, 400)
  })
})

describe('the numbers of a real station', () => {
  it('are there as soon as the log is written', async () => {
    const before = (await get('/overview')).body
    const { ocpp } = server.credentials
    const station = await connectRaw(server.url, { ...ocpp, protocols: ['ocpp1.6'] })
    await station.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })
    await station.call('Nothing')
    const now = await eventually('the numbers', 5000, async () => {
      const { body } = await get('/overview')
      // Both calls, and what the server asks after a boot, with their answers.
      return body.totalMessages === before.totalMessages + 6 ? body : undefined
    })
    assert.equal(now.connectedClients, before.connectedClients + 1)
    assert.equal(now.totalConnections, before.totalConnections + 1)
    assert.equal(now.errorCount, before.errorCount + 1)
    assert.ok(now.systemEventCount > before.systemEventCount)
    const telemetry = (await get('/telemetry')).body
    assert.equal(telemetry.connectionCount, now.connectedClients)
  })
})
