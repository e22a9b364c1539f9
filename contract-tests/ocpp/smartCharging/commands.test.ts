import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import type { SiteCharging } from '../../../src/ocpp/smartCharging/settings.ts'
import * as siteCharging from '../../../src/store/siteCharging.ts'
import { eventually } from '../../processes/workplace.ts'
import { type CommandedStation, commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { createFleet, EVENLY, kwOf } from '../../support/stationFleet.ts'
import { startTestServer } from '../../support/testServer.ts'

/** What commands of tellus may do at a site that shares its power. */

const server = await startTestServer()
const { db } = server.services
const { siteId, tenantId } = await createFleet(db, {})
await db('core.sites').where({ site_id: siteId }).update({ ocpp_consent: true })
const old = await commandedStation(server, 'ocpp1.6')
const young = await commandedStation(server, 'ocpp2.0.1')
const stations = [old, young]
const identities = stations.map(({ identity }) => identity)
await db('core.devices')
  .whereIn(
    'device_id',
    stations.map(({ deviceId }) => deviceId),
  )
  .update({ site_id: siteId })
await db('ocpp.stations').whereIn('identity', identities).update({ site_id: siteId })

const put = (changes: Partial<SiteCharging>) =>
  siteCharging.set(db, tenantId, siteId, { ...EVENLY, limitKw: 20, ...changes })

/** The profiles that a station holds, as one that takes a connector's before those of all connectors has them. */
function heldBy({ asked }: CommandedStation) {
  const held = new Map<number, { kw: number; connector: number; purpose: string; kind: string }>()
  for (const { action, payload } of asked) {
    const profile = payload.csChargingProfiles ?? payload.chargingProfile
    if (action === 'ClearChargingProfile') held.delete(payload.id ?? payload.chargingProfileId)
    if (action === 'SetChargingProfile')
      held.set(profile.chargingProfileId ?? profile.id, {
        kw: kwOf(profile),
        connector: payload.connectorId ?? payload.evseId,
        purpose: profile.chargingProfilePurpose,
        kind: profile.chargingProfileKind,
      })
  }
  const each = [...held.values()]
  const byDefault = (connector: number) =>
    each.find(
      ({ purpose, kind, ...at }) =>
        purpose === 'TxDefaultProfile' && kind !== 'Recurring' && at.connector === connector,
    )?.kw
  return {
    session: each.findLast(({ purpose }) => purpose === 'TxProfile')?.kw,
    beginning: byDefault(1) ?? byDefault(0),
    ofConnector: byDefault(1),
    schedule: each.find(({ kind }) => kind === 'Recurring')?.kw,
  }
}

const limitsBecome = (ofOld: number | undefined, ofYoung: number | undefined) =>
  eventually(
    `${ofOld} and ${ofYoung} kW`,
    15_000,
    () => heldBy(old).session === ofOld && heldBy(young).session === ofYoung,
  )

const begin = async (idTag: string): Promise<number> => {
  const timestamp = new Date().toISOString()
  return (await old.call('StartTransaction', { connectorId: 1, idTag, meterStart: 0, timestamp })).transactionId
}
const finish = (transactionId: number) =>
  old.call('StopTransaction', { transactionId, meterStop: 10, timestamp: new Date().toISOString() })
const youngSession = randomUUID()
const event = (eventType: string, seqNo: number) =>
  young.call('TransactionEvent', {
    eventType,
    seqNo,
    timestamp: new Date().toISOString(),
    triggerReason: 'Authorized',
    transactionInfo: { transactionId: youngSession, chargingState: 'Charging' },
    evse: { id: 1, connectorId: 1 },
  })

const forgetCalls = () => {
  for (const { asked } of stations) asked.length = 0
}

describe('at a site that shares its power', () => {
  it('a limit of a connector lets no session begin with more than the plan does', async () => {
    await put({})
    await eventually('what sessions begin with', 15_000, () =>
      stations.every(station => heldBy(station).beginning === 4.14),
    )
    for (const station of stations) {
      const limited = await station.queue('set_power_limit', { power_limit: 18, duration: 3600 })
      const { message } = await station.becomes(limited, 'completed', 15_000)
      assert.equal(message, 'kept by the plan of the site')
      assert.equal(heldBy(station).beginning, 4.14)
    }
  })
  it('a start with more power than is left begins with what any session does, and has its share', async () => {
    const started = await old.command('start', { charge_power: 19, target_soc: 80 })
    await old.becomes(started, 'accepted')
    const { idTag, chargingProfile } = await lastAsked(old, 'RemoteStartTransaction')
    assert.equal(chargingProfile, undefined)
    await event('Started', 0)
    await limitsBecome(undefined, 18)
    const transactionId = await begin(idTag)
    await old.becomes(started, 'completed')
    await limitsBecome(10, 10)
    await finish(transactionId)
    await limitsBecome(10, 18)
  })
  it('a session is not told more than its share, and leaves what it was not to have', async () => {
    forgetCalls()
    const transactionId = await begin('TAG-1')
    await limitsBecome(10, 10)
    const more = await old.command('start', { charge_power: 19, target_soc: 80 })
    await old.becomes(more, 'completed', 15_000)
    assert.equal(heldBy(old).session, 10)
    const less = await old.command('start', { charge_power: 6, target_soc: 80 })
    const { message, details } = await old.becomes(less, 'completed', 15_000)
    assert.deepEqual(
      [message, details],
      ['kept by the plan of the site; target_soc is not told to the charger', { transaction_id: transactionId }],
    )
    assert.equal(heldBy(old).session, 6)
    await limitsBecome(6, 14)
    const least = await old.queue('set_power_limit', { power_limit: 5, duration: 3600 })
    await old.becomes(least, 'completed', 15_000)
    await limitsBecome(5, 15)
    await event('Ended', 1)
    await finish(transactionId)
  })
  it('a schedule lets no session begin with more than the plan does', async () => {
    const params = {
      time_slots: [{ start: '00:00', end: '24:00', action: 'charge', power_limit: 17 }],
      timezone: 'UTC',
    }
    const set = await young.queue('set_schedule', params)
    const { message } = await young.becomes(set, 'completed', 15_000)
    assert.equal(message, 'kept by the plan of the site; the station follows it when the plan is switched off')
    assert.equal(heldBy(young).ofConnector, undefined)
  })
  it('a command whose share the station refuses has failed', async () => {
    const transactionId = await begin('TAG-2')
    await limitsBecome(5, 15)
    old.answer('SetChargingProfile', () => ({ status: 'Rejected' }))
    const refused = await old.queue('set_power_limit', { power_limit: 4.5, duration: 3600 })
    const { reason, message } = await old.becomes(refused, 'failed', 15_000)
    assert.equal(reason, 'rejected')
    assert.match(message, /did not take .* Rejected$/)
    old.answer('SetChargingProfile', () => ({ status: 'Accepted' }))
    await finish(transactionId)
  })
  it('a limit becomes the profile of its station when the plan is switched off, and no longer is when it is on', async () => {
    await put({ enabled: false })
    await eventually('the limits of the stations', 15_000, () =>
      [5, 18].every((kw, index) => heldBy(stations[index]!).ofConnector === kw),
    )
    await eventually('the schedule', 15_000, () => heldBy(young).schedule === 17)
    await put({})
    await eventually('the limits of the plan', 15_000, () =>
      stations.every(station => {
        const { ofConnector, schedule, beginning } = heldBy(station)
        return ofConnector === undefined && schedule === undefined && beginning === 4.14
      }),
    )
  })
})
