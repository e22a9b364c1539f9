import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runOcppTwin } from '../../twin/ocpp/run.ts'
import { startTestServer } from '../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const { password } = server.credentials.ocpp
const QUIET = { faultRate: 0, reconnectRate: 0 }

for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const)
  describe(`a fleet of the twin by ${protocol}`, () => {
    it('has an hour of the past in five seconds, and all of it is on record', async () => {
      const options = {
        url: server.url,
        protocol,
        password,
        chargers: 3,
        duration: 5,
        speed: 720,
        occupied: 1,
        ...QUIET,
      }
      const summary = await runOcppTwin({ ...options, seed: protocol })
      assert.equal(summary.ok, true, JSON.stringify(summary))
      assert.ok(summary.sessions >= 4, `${summary.sessions} sessions`)
      const rows = await db('ocpp.transactions').where({ protocol })
      assert.equal(rows.length, summary.sessions)
      assert.ok(rows.every(({ ended_at }) => ended_at !== null))
      const energy = rows.reduce((sum, { meter_start_wh, meter_stop_wh }) => sum + meter_stop_wh - meter_start_wh, 0)
      const off = Math.abs(energy - 1000 * summary.energy_kwh)
      assert.ok(off < 10, `${energy} Wh, ${summary.energy_kwh} kWh`)
    })
  })
