import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setStation } from '../../../src/board/setStation.ts'
import * as ocppLinks from '../../../src/store/ocppLinks.ts'
import * as ocppRecords from '../../../src/store/ocppRecords.ts'
import * as stations from '../../../src/store/ocppStations.ts'
import { linkDevice } from '../../../src/store/stationDevices.ts'
import { makeSharedStation, minutes, type SharedStation } from '../../support/sharedStation.ts'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer()
const { db } = server.services
const token = await server.operator()

/** A whole session, on tellus as far as it may be. */
async function charge({ station }: Pick<SharedStation, 'station'>) {
  const from = minutes(-20)
  const { transactionId } = (await station.tell('StartTransaction', {
    connectorId: 1,
    idTag: 'TAG-1',
    meterStart: 0,
    timestamp: from,
  })) as { transactionId: number }
  await station.tell('StatusNotification', {
    connectorId: 1,
    errorCode: 'NoError',
    status: 'Charging',
    timestamp: minutes(-19),
  })
  const sampledValue = [{ value: '1000' }, { value: '22', measurand: 'Power.Active.Import', unit: 'kW' }]
  await station.tell('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: minutes(-15), sampledValue }],
  })
  await station.tell('StopTransaction', { transactionId, meterStop: 2000, timestamp: minutes(-10) })
  const { transaction_key } = await db('ocpp.transactions').first().where({ identity: station.identity })
  await ocppRecords.make(db, transaction_key)
}

const shownOf = async (deviceId: string) => {
  const count = async (table: string) => Number((await db(table).where({ device_id: deviceId }).count())[0]!.count)
  const states = await db('core.connectors').where({ device_id: deviceId }).whereNotNull('state_at')
  return {
    samples: await count('telemetry.readings'),
    events: await count('telemetry.device_events'),
    records: await count('core.charging_records'),
    connectors: states.length,
  }
}
const heard = (deviceId: string, isHeard = true) => ({
  deviceId,
  protocol: 'ocpp1.6',
  minute: new Date(Math.floor(Date.now() / 60_000) * 60_000),
  at: new Date(),
  messages: 3,
  isHeard,
})
const deviceOf = async (deviceId: string) => (await server.call('GET', `/v1/devices/${deviceId}`, { token })).body.data

describe('a site that does not consent', () => {
  it('shows nothing of a session on tellus, which is kept all the same', async () => {
    const shared = await makeSharedStation(server, { consents: false })
    await charge(shared)
    assert.deepEqual(await shownOf(shared.charger.deviceId), { samples: 0, events: 0, records: 0, connectors: 0 })
    const [row] = await db('ocpp.transactions').where({ identity: shared.station.identity })
    assert.equal(row.meter_stop_wh, 2000)
  })

  it('shows what comes after it has consented, and no more after it has not', async () => {
    const shared = await makeSharedStation(server, { consents: false })
    const { siteId, charger, station } = shared
    await db('core.sites').where({ site_id: siteId }).update({ ocpp_consent: true })
    await charge(shared)
    const shown = { samples: 1, events: 2, records: 1, connectors: 1 }
    assert.deepEqual(await shownOf(charger.deviceId), shown)
    await db('core.sites').where({ site_id: siteId }).update({ ocpp_consent: false })
    await station.tell('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Faulted' })
    assert.deepEqual(await shownOf(charger.deviceId), shown)
  })

  it('shows neither the link nor that the station is alive', async () => {
    const { charger } = await makeSharedStation(server, { consents: false })
    await ocppLinks.heardAll(db, [heard(charger.deviceId)])
    const device = await deviceOf(charger.deviceId)
    assert.deepEqual([device.status, device.ocpp_version], ['offline', undefined])
  })

  it('is no site at all, too', async () => {
    const charger = await server.charger()
    const station = await makeStation(server.services, { protocol: 'ocpp1.6', deviceId: charger.deviceId })
    await charge({ station })
    assert.deepEqual(await shownOf(charger.deviceId), { samples: 0, events: 0, records: 0, connectors: 0 })
  })
})

describe('what a station sends', () => {
  it('keeps its device online and tells of its link', async () => {
    const { charger } = await makeSharedStation(server)
    await ocppLinks.heardAll(db, [heard(charger.deviceId)])
    const device = await deviceOf(charger.deviceId)
    assert.deepEqual(
      [device.status, device.ocpp_version, device.ocpp_csms_messages_per_minute],
      ['online', '1.6-J', 0.6],
    )
  })

  it('is not what is sent to it', async () => {
    const { charger } = await makeSharedStation(server)
    await ocppLinks.heardAll(db, [heard(charger.deviceId, false)])
    assert.equal((await deviceOf(charger.deviceId)).status, 'offline')
  })
})

describe('a station that enrolled itself', () => {
  const boot = { chargePointVendor: 'Example', chargePointModel: 'AC-1', firmwareVersion: '1.2.3' }

  async function enroll() {
    const station = await makeStation(server.services, { protocol: 'ocpp1.6' })
    await db('ocpp.stations').where({ identity: station.identity }).update({ enrolled: true })
    return station
  }

  it('is a device from its first boot on, and shows without a site', async () => {
    const station = await enroll()
    await station.tell('BootNotification', boot)
    await station.tell('BootNotification', boot)
    const { deviceId } = (await stations.find(db, station.identity))!
    const { sn, manufacturer, model, firmware_version } = await deviceOf(deviceId!)
    assert.deepEqual([sn, manufacturer, model, firmware_version], [station.identity, 'Example', 'AC-1', '1.2.3'])
    await charge({ station })
    assert.equal((await shownOf(deviceId!)).records, 1)
  })

  it('takes its device along when it is put on a site, which has to consent', async () => {
    const station = await enroll()
    await station.tell('BootNotification', boot)
    const { deviceId } = (await stations.find(db, station.identity))!
    const silent = (await makeSharedStation(server, { consents: false })).siteId
    const open = (await makeSharedStation(server)).siteId
    await setStation(db, station.tenantId, station.identity, { siteId: silent })
    assert.equal((await deviceOf(deviceId!)).site_id, silent)
    await charge({ station })
    assert.deepEqual(await shownOf(deviceId!), { samples: 0, events: 0, records: 0, connectors: 0 })
    await setStation(db, station.tenantId, station.identity, { siteId: open })
    assert.equal((await deviceOf(deviceId!)).site_id, open)
  })

  it('leaves a device where it is that stands elsewhere by itself', async () => {
    const { station, charger, siteId } = await makeSharedStation(server)
    const elsewhere = (await makeSharedStation(server)).siteId
    await db('ocpp.stations').where({ identity: station.identity }).update({ site_id: null })
    await setStation(db, station.tenantId, station.identity, { siteId: elsewhere })
    assert.equal((await deviceOf(charger.deviceId)).site_id, siteId)
  })

  it('is not the charger that has its identity as serial number', async () => {
    const station = await enroll()
    const taken = { sn: station.identity, model: 'X', manufacturer: 'Y', firmware_version: '1' }
    await server.call('POST', '/v1/device/register', { body: taken })
    await station.tell('BootNotification', boot)
    const { deviceId } = (await stations.find(db, station.identity))!
    assert.equal((await deviceOf(deviceId!)).sn, `ocpp:${station.identity}`)
  })

  it('is the only one that gets a device by itself', async () => {
    const station = await makeStation(server.services, { protocol: 'ocpp1.6' })
    await station.tell('BootNotification', boot)
    assert.equal((await stations.find(db, station.identity))!.deviceId, null)
  })
})

describe('linkDevice', () => {
  const refused = (kind: string) => (error: { kind?: string }) => error.kind === kind

  it('links a station to a device, and puts both on one site', async () => {
    const { charger, siteId } = await makeSharedStation(server)
    const { deviceId } = await server.charger()
    const station = await makeStation(server.services)
    await db('ocpp.stations').where({ identity: station.identity }).update({ site_id: siteId })
    await linkDevice(db, station.tenantId, station.identity, deviceId)
    assert.equal((await deviceOf(deviceId)).site_id, siteId)
    await linkDevice(db, station.tenantId, station.identity, null)
    assert.equal((await stations.find(db, station.identity))!.deviceId, null)
    await assert.rejects(linkDevice(db, station.tenantId, station.identity, charger.deviceId), refused('conflict'))
  })

  it('knows no device, site or station of another tenant', async () => {
    const { deviceId } = await server.charger()
    const foreign = await makeStation(server.services, { tenant: 'borealis' })
    const own = await makeStation(server.services)
    await assert.rejects(linkDevice(db, foreign.tenantId, foreign.identity, deviceId), refused('notFound'))
    await assert.rejects(linkDevice(db, own.tenantId, foreign.identity, deviceId), refused('notFound'))
    await assert.rejects(linkDevice(db, own.tenantId, own.identity, 'nobody'), refused('notFound'))
  })
})
