import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { runOcppTwin } from '../../../twin/ocpp/run.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { openGate } from '../../support/gate.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer({ OCPP_PING_SECONDS: '1' })
const board = await openBoard(server)
const gate = await openGate(server.url)
after(() => gate.close())

describe('stations whose network takes what they say and gives it to nobody', () => {
  it('are found by both sides, come back, and have lost nothing', { timeout: 110_000 }, async t => {
    const [ends, breaksOff] = [new AbortController(), new AbortController()]
    t.after(() => breaksOff.abort())
    const runs = (['ocpp1.6', 'ocpp2.0.1'] as const).map(protocol =>
      runOcppTwin({
        url: gate.url,
        protocol,
        password: server.credentials.ocpp.password,
        chargers: 5,
        occupied: 1,
        occupiedWithin: 3,
        sessionsPerHour: 60,
        faultRate: 0,
        reconnectRate: 0,
        settings: { MeterValueSampleInterval: '1', WebSocketPingInterval: '1' },
        signal: ends.signal,
        abort: breaksOff.signal,
      }),
    )
    const { db } = server.services
    const online = async () => (await board.get('/connections?status=online')).body.length
    await eventually('sessions', 60_000, async () => (await db('ocpp.transactions')).length >= 6)
    await eventually('all of them', 30_000, async () => (await online()) === 10)
    gate.stall()
    await eventually('nobody online', 15_000, async () => (await online()) === 0)
    gate.open()
    await eventually('everybody online', 30_000, async () => (await online()) === 10)
    ends.abort()
    for (const summary of await Promise.all(runs)) {
      assert.equal(summary.ok, true, JSON.stringify(summary))
      const rows = await db('ocpp.transactions').where({ protocol: summary.protocol }).whereNotNull('ended_at')
      assert.equal(rows.length, summary.sessions)
      const energy = rows.reduce((sum, { meter_start_wh, meter_stop_wh }) => sum + meter_stop_wh - meter_start_wh, 0)
      assert.ok(Math.abs(energy / 1000 - summary.energy_kwh) < 0.02, `${energy} Wh, ${summary.energy_kwh} kWh`)
    }
  })
})
