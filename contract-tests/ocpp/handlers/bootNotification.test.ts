import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

const { services, charger } = await startTestServer({ OCPP_HEARTBEAT_SECONDS: '77' })
const { db } = services

const boot16 = {
  chargePointVendor: 'Tellus Power',
  chargePointModel: 'TP-AC22',
  chargeBoxSerialNumber: 'TP-42',
  firmwareVersion: '2.4.1',
}
const boot2 = (firmwareVersion: string) => ({
  reason: 'PowerUp',
  chargingStation: { vendorName: 'Tellus Power', model: 'TP-DC180-V2G', serialNumber: 'TP-43', firmwareVersion },
})

describe('BootNotification', () => {
  it('registers a station of OCPP 1.6 with what it says it is', async () => {
    const station = await makeStation(services, { protocol: 'ocpp1.6', registered: false })
    const before = Date.now()
    const answer = (await station.tell('BootNotification', boot16)) as Record<string, unknown>
    assert.equal(answer.status, 'Accepted')
    assert.equal(answer.interval, 77)
    assert.ok(Math.abs(Date.parse(answer.currentTime as string) - before) < 5000)
    assert.deepEqual(await factsOf(station.identity), {
      registration: 'Accepted',
      vendor: 'Tellus Power',
      model: 'TP-AC22',
      serial_number: 'TP-42',
      firmware_version: '2.4.1',
      booted: true,
    })
  })

  it('is what a station of OCPP 2.0.1 has to say first, once', async () => {
    const station = await makeStation(services, { registered: false })
    assert.equal(await codeOf(station.ask('Heartbeat', {})), 'SecurityError')
    await station.tell('BootNotification', boot2('3.1.0'))
    await station.tell('Heartbeat', {})
    assert.equal((await factsOf(station.identity))?.serial_number, 'TP-43')
  })

  it('tells the device of its new firmware, when the site lets OCPP data be seen', async () => {
    const { deviceId } = await charger()
    const station = await makeStation(services, { deviceId })
    const versionOf = async () => (await db('core.devices').first().where({ device_id: deviceId })).firmware_version
    const site = await db('core.sites').first().where({ tenant_id: station.tenantId })
    await db('core.devices').where({ device_id: deviceId }).update({ site_id: site.site_id })

    await db('core.sites').where({ site_id: site.site_id }).update({ ocpp_consent: false })
    await station.tell('BootNotification', boot2('9.0.0'))
    assert.equal(await versionOf(), '1.0.0')

    await db('core.sites').where({ site_id: site.site_id }).update({ ocpp_consent: true })
    await station.tell('BootNotification', boot2('9.0.1'))
    await station.tell('BootNotification', boot2('9.0.1'))
    assert.equal(await versionOf(), '9.0.1')
    const reports = await db('core.firmware_reports').where({ device_id: deviceId })
    assert.deepEqual(
      reports.map(({ firmware_version, status }) => [firmware_version, status]),
      [['9.0.1', 'success']],
    )
  })
})

describe('Heartbeat', () => {
  it('tells the time in every version', async () => {
    const station = await makeStation(services)
    for (const protocol of ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const) {
      const { currentTime } = (await station.tell('Heartbeat', {}, protocol)) as { currentTime: string }
      assert.ok(Math.abs(Date.parse(currentTime) - Date.now()) < 5000)
    }
  })
})

async function factsOf(identity: string) {
  return db('ocpp.stations')
    .first('registration', 'vendor', 'model', 'serial_number', 'firmware_version')
    .select(db.raw(`booted_at > now() - interval '1 minute' as booted`))
    .where({ identity })
}

async function codeOf(answer: ReturnType<Awaited<ReturnType<typeof makeStation>>['ask']>) {
  const settled = await answer
  return settled.kind === 'error' ? settled.code : settled.kind
}
