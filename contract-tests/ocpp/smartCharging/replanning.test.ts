import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { hashSecret } from '../../../src/auth/secrets.ts'
import { DEFAULT_ID } from '../../../src/ocpp/smartCharging/profiles.ts'
import type { SiteCharging } from '../../../src/ocpp/smartCharging/settings.ts'
import * as siteCharging from '../../../src/store/siteCharging.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { connectStation } from '../../support/rpcStation.ts'
import { createFleet, EVENLY, kwOf, type Profile } from '../../support/stationFleet.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const fleet = await createFleet(db, { 'RP-1': 'ocpp1.6', 'RP-2': 'ocpp2.0.1' })
await db('ocpp.stations')
  .update({ password_hash: hashSecret('secret') })
  .whereLike('identity', 'RP-%')
const connect = (identity: string, protocol: string) =>
  connectStation(server.url, { identity, protocol, password: 'secret' })
const old = await connect('RP-1', 'ocpp1.6')
const young = await connect('RP-2', 'ocpp2.0.1')
after(async () => {
  await old.close()
  await young.close()
})
const put = (changes: Partial<SiteCharging>) =>
  siteCharging.set(db, fleet.tenantId, fleet.siteId, { ...EVENLY, ...changes })

/** The profiles of sessions that a station was told, in order. */
const profilesOf = ({ handled }: typeof old) =>
  handled
    .filter(({ method }) => method === 'SetChargingProfile')
    .map(({ params }) => ({
      evseId: params!.evseId,
      ...((params!.csChargingProfiles ?? params!.chargingProfile) as Profile),
    }))

/** What a station was told of its session last, in kW. */
function limitOf(station: typeof old): number | undefined {
  const profile = profilesOf(station).findLast(({ transactionId }) => transactionId !== undefined)
  return profile && kwOf(profile)
}

/** How often a station was told that a session has no limit any more. */
const releasesOf = ({ handled }: typeof old) =>
  handled.filter(
    ({ method, params }) =>
      method === 'ClearChargingProfile' && ![params?.id, params?.chargingProfileId].includes(DEFAULT_ID),
  ).length

const limitsBecome = (ofOld: number, ofYoung?: number) =>
  eventually(
    `${ofOld} and ${ofYoung} kW`,
    15_000,
    () => limitOf(old) === ofOld && (ofYoung ?? limitOf(young)) === limitOf(young),
  )

async function placeAt(deviceId: string, site_id: string | null): Promise<void> {
  const token = await server.operator('admin')
  const { status } = await server.call('PATCH', `/v1/devices/${deviceId}`, { token, body: { site_id } })
  assert.equal(status, 200)
}

const uuid = '9c5b94b1-35ad-49bb-b118-8e8fc24abf80'
const event = (payload: object) => ({
  timestamp: new Date().toISOString(),
  triggerReason: 'Authorized',
  transactionInfo: { transactionId: uuid, chargingState: 'Charging' },
  evse: { id: 1, connectorId: 1 },
  ...payload,
})

describe('a site is planned anew', () => {
  it('when a session begins', async () => {
    await put({})
    await old.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })
    const start = { connectorId: 1, idTag: 'TAG-1', meterStart: 0, timestamp: new Date().toISOString() }
    await old.call('StartTransaction', start)
    await limitsBecome(22)
    await young.call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'V', model: 'M' } })
    await young.call('TransactionEvent', event({ eventType: 'Started', seqNo: 0 }))
    await limitsBecome(15, 15)
  })
  it('when its limit changes', async () => {
    await put({ limitKw: 20 })
    await limitsBecome(10, 10)
  })
  it('when a session ends', async () => {
    await young.call('TransactionEvent', event({ eventType: 'Ended', triggerReason: 'EVDeparted', seqNo: 1 }))
    await limitsBecome(20)
  })
  it('when a driver who was authorized before has come to an EVSE', async () => {
    const transactionInfo = { transactionId: '0d6a2f1b-6c1d-4a52-9d8e-6f1d2a3e7c11' }
    const begun = profilesOf(young).length
    await young.call('TransactionEvent', event({ eventType: 'Started', seqNo: 0, transactionInfo, evse: undefined }))
    await put({ limitKw: 24 })
    await limitsBecome(22)
    await young.call('TransactionEvent', event({ eventType: 'Updated', seqNo: 1, transactionInfo }))
    await limitsBecome(12, 12)
    const placed = profilesOf(young)
      .slice(begun)
      .filter(({ transactionId }) => transactionId !== undefined)
    assert.deepEqual(
      placed.map(({ evseId }) => evseId),
      [1],
    )
    await young.call('TransactionEvent', event({ eventType: 'Ended', seqNo: 2, transactionInfo }))
    await put({ limitKw: 20 })
    await limitsBecome(20)
  })
  it('when a command limits a connector, and when its time is over', async () => {
    const { device_id } = await db('ocpp.stations').first('device_id').where({ identity: 'RP-1' })
    await db('core.commands').insert({
      tenant_id: fleet.tenantId,
      device_id,
      connector_id: 1,
      command: 'set_power_limit',
      params: { connector_id: 1, power_limit: 7, duration: 2 },
      requested_by: 'test',
      expires_at: new Date(Date.now() + 60_000),
    })
    await limitsBecome(7)
    await limitsBecome(20)
  })
  it('when the price changes', async () => {
    const prices = { marketType: 5005, steps: [{ from: 100, limitPercent: 30 }] }
    await put({ limitKw: 20, strategy: 'time_of_use', prices })
    const { service_key } = server.credentials.flux
    const { status } = await server.call('POST', '/rest/v1/market_data', {
      token: service_key,
      headers: { apikey: service_key },
      body: { time: new Date(), type: 5005, value: 140 },
    })
    assert.equal(status, 201)
    await limitsBecome(6)
  })
  it('when a station connects, which learns what sessions begin with', async () => {
    const { device_id } = await db('ocpp.stations').first('device_id').where({ identity: 'RP-2' })
    await db('core.connectors').insert({ device_id, connector_id: 1 })
    await put({ limitKw: 40 })
    const isAllowed = (kw: number) => () => {
      const profile = profilesOf(young).findLast(({ transactionId }) => transactionId === undefined)
      return profile !== undefined && kwOf(profile) === kw
    }
    await eventually('the least', 15_000, isAllowed(4.14))
    await put({ limitKw: 23 })
    await eventually('nothing', 15_000, isAllowed(0))
    await put({ limitKw: 40 })
    await eventually('the least again', 15_000, isAllowed(4.14))
    const before = profilesOf(young).length
    const boot = () =>
      young.call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'V', model: 'M' } })
    await boot()
    await eventually('the same once more', 15_000, () => profilesOf(young).length > before && isAllowed(4.14)())
    const nothing = () => profilesOf(young).filter(profile => kwOf(profile) === 0).length
    const told = nothing()
    young.beforeAnswer = boot
    await put({ limitKw: 23 })
    await eventually('what it took just before it started anew', 15_000, () => nothing() >= told + 2)
    await put({ limitKw: 40 })
    await eventually('the least at last', 15_000, isAllowed(4.14))
  })
  it('when a station moves to another site, and so is the site that it leaves', async () => {
    await put({})
    const transactionInfo = { transactionId: '5d6a2f1b-6c1d-4a52-9d8e-6f1d2a3e7c99', chargingState: 'Charging' }
    await young.call('TransactionEvent', event({ eventType: 'Started', seqNo: 0, transactionInfo }))
    await limitsBecome(15, 15)
    const elsewhere = await createFleet(db, {})
    await siteCharging.set(db, elsewhere.tenantId, elsewhere.siteId, { ...EVENLY, limitKw: 8 })
    const station = db('ocpp.stations').where({ identity: 'RP-2' })
    const { device_id } = await station.clone().first('device_id')
    await placeAt(device_id, elsewhere.siteId)
    await limitsBecome(22, 8)
    const board = await openBoard(server)
    const answer = await board.send('PUT', '/stations/RP-2', 'demo', { siteId: fleet.siteId })
    assert.equal(answer.status, 200)
    await limitsBecome(15, 15)
    await put({ strategy: 'equal_share', limitKw: 20 })
    await limitsBecome(10, 10)
    assert.deepEqual((await station.clone().first('site_id')).site_id, fleet.siteId)
  })
  it('when a station moves to a site that shares nothing, and to none', async () => {
    const free = await createFleet(db, {})
    const { device_id } = await db('ocpp.stations').first('device_id').where({ identity: 'RP-2' })
    await placeAt(device_id, fleet.siteId)
    for (const siteId of [free.siteId, null]) {
      const cleared = releasesOf(young)
      await placeAt(device_id, siteId)
      await eventually('the end of the limit', 15_000, () => releasesOf(young) === cleared + 1)
      await limitsBecome(20)
      await placeAt(device_id, fleet.siteId)
      await limitsBecome(10, 10)
    }
    const transactionInfo = { transactionId: '5d6a2f1b-6c1d-4a52-9d8e-6f1d2a3e7c99' }
    await young.call('TransactionEvent', event({ eventType: 'Ended', seqNo: 1, transactionInfo }))
    await limitsBecome(20)
  })
  it('when it is switched off', async () => {
    await put({ enabled: false })
    await eventually('the end of the limit', 15_000, () =>
      old.handled.some(({ method }) => method === 'ClearChargingProfile'),
    )
    await eventually('the end of the decision', 5000, async () => {
      const open = await db('ocpp.charging_decisions').first().whereIn('status', ['pending', 'active'])
      return open === undefined
    })
  })
})
