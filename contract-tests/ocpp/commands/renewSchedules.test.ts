import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { renewSchedules } from '../../../src/jobs/renewSchedules.ts'
import { commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const station = await commandedStation(server, 'ocpp1.6')
const time_slots = [{ start: '08:00', end: '10:00', action: 'charge', power_limit: 7 }]
/** A zone whose clocks have another offset half a year from now. */
const timezone = 'Europe/London'
const HALF_A_YEAR = 182 * 86_400_000
const later = new Date(Date.now() + HALF_A_YEAR)

const set = async (params: object) => {
  const asked = await station.queue('set_schedule', { time_slots, ...params })
  await station.becomes(asked, 'completed')
}
const timesAsked = () => station.asked.filter(({ action }) => action === 'SetChargingProfile').length

describe('a schedule that a station follows', () => {
  it('is in force between the instants that were given', async () => {
    const effective_from = new Date(Date.now() + 3_600_000).toISOString()
    const effective_until = new Date(Date.now() + 7_200_000).toISOString()
    await set({ effective_from, effective_until })
    const { csChargingProfiles } = await lastAsked(station, 'SetChargingProfile')
    assert.deepEqual([csChargingProfiles.validFrom, csChargingProfiles.validTo], [effective_from, effective_until])
    const over = await station.queue('set_schedule', { time_slots, effective_until: '2020-01-01T00:00:00Z' })
    assert.equal((await station.becomes(over, 'failed')).reason, 'INVALID_PARAMS')
  })

  it('is set again when the clocks of its zone have changed, and not before', async () => {
    await set({ timezone })
    assert.equal(await renewSchedules(db), 0)
    const before = timesAsked()
    assert.equal(await renewSchedules(db, later), 1)
    const [{ command_id, requested_by, params }] = await db('core.commands')
      .where({ device_id: station.deviceId })
      .orderBy('sequence', 'desc')
      .limit(1)
    assert.deepEqual([requested_by, params.timezone], ['clock-change', timezone])
    await station.becomes(command_id, 'completed')
    assert.equal(timesAsked(), before + 1)
  })

  it('waits once for a station that is away', async () => {
    await station.disconnect()
    assert.equal(await renewSchedules(db, later), 1)
    assert.equal(await renewSchedules(db, later), 0)
    await station.connect()
    await station.call('Heartbeat', {})
  })

  for (const [name, params] of Object.entries({
    'does not repeat': { timezone, type: 'once' },
    'was switched off': { timezone, enabled: false },
    'is over by then': { timezone, effective_until: new Date(Date.now() + 86_400_000).toISOString() },
    'names no zone': {},
  }))
    it(`is not set again when it ${name}`, async () => {
      await set(params)
      assert.equal(await renewSchedules(db, later), 0)
    })
})
