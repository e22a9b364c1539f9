import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { runOcppTwin } from '../../../twin/ocpp/run.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { openGate } from '../../support/gate.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const { password } = server.credentials.ocpp
const board = await openBoard(server)
const gate = await openGate(server.url)
after(() => gate.close())
const STATIONS = 200

const online = async () => (await board.get('/connections?status=online&limit=1000')).body as unknown[]

describe('200 stations', () => {
  const [ends, breaksOff] = [new AbortController(), new AbortController()]
  after(() => breaksOff.abort())
  const options = {
    url: gate.url,
    password,
    occupied: 0.5,
    occupiedWithin: 3,
    sessionsPerHour: 0,
    faultRate: 0,
    reconnectRate: 0,
  }
  // The fleet spreads its start over a second.
  const fleet = (protocol: 'ocpp1.6' | 'ocpp2.0.1', seed: string) =>
    runOcppTwin({ ...options, protocol, chargers: STATIONS / 2, seed, signal: ends.signal, abort: breaksOff.signal })
  const runs = [fleet('ocpp1.6', 'a'), fleet('ocpp2.0.1', 'b')]

  it('that connect in one second are all let in and registered', async () => {
    await eventually('200 registrations', 30_000, async () => {
      const rows = await db('ocpp.stations').where({ registration: 'Accepted' }).whereLike('identity', 'TWIN-%')
      return rows.length === STATIONS
    })
    assert.equal((await online()).length, STATIONS)
    // A handshake that was refused is tried again, so that it would not be missed otherwise.
    assert.equal((await db('ocpp.connections').whereLike('identity', 'TWIN-%')).length, STATIONS)
    assert.equal((await board.get('/overview')).body.connectedClients, STATIONS)
  })

  it('that are all cut off at once come back, each of them once, and their sessions go on', async () => {
    await eventually('sessions', 40_000, async () => {
      const rows = await db('ocpp.transactions').whereNull('ended_at')
      return rows.length > 50
    })
    const before = await db('ocpp.connections').count({ count: '*' }).first()
    gate.shut()
    await eventually('nobody', 15_000, async () => (await online()).length === 0)
    gate.open()
    await eventually('all of them again', 30_000, async () => (await online()).length === STATIONS)
    const after = await db('ocpp.connections').count({ count: '*' }).first()
    assert.ok(Number(after!.count) >= Number(before!.count) + STATIONS)
    const twice = await db('ocpp.connections')
      .whereNull('disconnected_at')
      .groupBy('identity')
      .havingRaw('count(*) > 1')
      .select('identity')
    assert.deepEqual(twice, [])
  })

  it('end with everything acknowledged and on record', async () => {
    ends.abort()
    for (const summary of await Promise.all(runs)) {
      assert.equal(summary.ok, true, JSON.stringify(summary))
      const rows = await db('ocpp.transactions').where({ protocol: summary.protocol }).whereNotNull('ended_at')
      assert.equal(rows.length, summary.sessions)
    }
    await eventually('nobody online', 15_000, async () => (await online()).length === 0)
  })
})
