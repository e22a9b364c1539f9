import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runOcppTwin } from '../../../twin/ocpp/run.ts'
import { eventually, query } from '../../processes/workplace.ts'
import { openGate } from '../../support/gate.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

const AWAY = 20_000
const MINUTE = 60_000

interface Stored {
  protocol: string
  sessions: number
  energy: number
}

/** A server whose way to its database can be closed. */
async function openWorld() {
  const database = await openTestDatabase()
  const gate = await openGate(database.url)
  const server = await startServerOn({ ...database, url: gate.url })
  after(async () => {
    gate.open()
    await server.close()
    gate.close()
    await database.drop()
  })
  return { server, gate, database }
}

const stored = (databaseUrl: string) =>
  query<Stored>(
    databaseUrl,
    `select protocol, count(*)::int as sessions, (sum(meter_stop_wh - meter_start_wh) / 1000)::float as energy
     from ocpp.transactions where ended_at is not null group by protocol`,
  )

const worlds = await Promise.all([openWorld(), openWorld()])

describe('while the database is away for 20 s, stations stay, and every session is on record with all its energy', {
  concurrency: true,
}, () => {
  const faults = { 'when it refuses connections': 'shut', 'when it takes them and says nothing': 'stall' } as const
  for (const [index, [what, fault]] of Object.entries(faults).entries())
    it(what, { timeout: 3 * MINUTE }, async t => {
      const { server, gate, database } = worlds[index]!
      const [ends, breaksOff] = [new AbortController(), new AbortController()]
      t.after(() => breaksOff.abort())
      const runs = (['ocpp1.6', 'ocpp2.0.1'] as const).map(protocol =>
        runOcppTwin({
          url: server.url,
          protocol,
          password: server.credentials.ocpp.password,
          chargers: 10,
          occupied: 1,
          occupiedWithin: 3,
          sessionsPerHour: 60,
          faultRate: 0,
          reconnectRate: 0,
          settings: { MeterValueSampleInterval: '1' },
          signal: ends.signal,
          abort: breaksOff.signal,
        }),
      )
      await eventually('sessions', MINUTE, async () => {
        const rows = await query(database.url, 'select 1 from ocpp.transactions where ended_at is null')
        return rows.length >= 12
      })
      gate[fault]()
      await delay(AWAY)
      gate.open()
      ends.abort()
      const summaries = await Promise.all(runs)
      const rows = await stored(database.url)
      for (const { protocol, handshakes, transactions, sessions, energy_kwh } of summaries) {
        assert.deepEqual(handshakes, {})
        assert.equal(transactions.acknowledged, transactions.sent)
        const row = rows.find(each => each.protocol === protocol)!
        assert.equal(row.sessions, sessions)
        assert.ok(Math.abs(row.energy - energy_kwh) < 0.05, `${row.energy} of ${energy_kwh} kWh`)
      }
    })
})
