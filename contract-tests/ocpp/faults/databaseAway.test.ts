import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runOcppTwin } from '../../../twin/ocpp/run.ts'
import { eventually, query } from '../../processes/workplace.ts'
import { openGate } from '../../support/gate.ts'
import { openTestDatabase, startServerOn } from '../../support/testServer.ts'

const database = await openTestDatabase()
const gate = await openGate(database.url)
const server = await startServerOn({ ...database, url: gate.url })
const { password } = server.credentials.ocpp
after(async () => {
  gate.open()
  await server.close()
  gate.close()
  await database.drop()
})

const AWAY = 20_000
const MINUTE = 60_000

interface Stored {
  protocol: string
  sessions: number
  energy: number
}

const stored = () =>
  query<Stored>(
    database.url,
    `select protocol, count(*)::int as sessions, (sum(meter_stop_wh - meter_start_wh) / 1000)::float as energy
     from ocpp.transactions where ended_at is not null group by protocol`,
  )

for (const [what, fault] of Object.entries({ 'is down': gate.shut, 'stands still': gate.stall }))
  describe(`while the database ${what} for 20 s`, () => {
    it('stations stay, and every session is on record afterwards with all its energy', {
      timeout: 3 * MINUTE,
    }, async () => {
      const before = await stored()
      const ends = new AbortController()
      const runs = (['ocpp1.6', 'ocpp2.0.1'] as const).map(protocol =>
        runOcppTwin({
          url: server.url,
          protocol,
          password,
          chargers: 10,
          occupied: 1,
          sessionsPerHour: 60,
          faultRate: 0,
          reconnectRate: 0,
          settings: { MeterValueSampleInterval: '1' },
          signal: ends.signal,
        }),
      )
      await eventually('sessions', MINUTE, async () => {
        const rows = await query(database.url, 'select 1 from ocpp.transactions where ended_at is null')
        return rows.length >= 12
      })
      fault()
      await delay(AWAY)
      gate.open()
      await delay(5000)
      ends.abort()
      const summaries = await Promise.all(runs)
      const after = await stored()
      for (const summary of summaries) {
        assert.deepEqual(summary.handshakes, {})
        assert.equal(summary.transactions.acknowledged, summary.transactions.sent)
        const of = (rows: Stored[]) =>
          rows.find(({ protocol }) => protocol === summary.protocol) ?? { sessions: 0, energy: 0 }
        assert.equal(of(after).sessions - of(before).sessions, summary.sessions)
        const energy = of(after).energy - of(before).energy
        assert.ok(Math.abs(energy - summary.energy_kwh) < 0.05, `${energy} of ${summary.energy_kwh} kWh`)
      }
    })
  })
