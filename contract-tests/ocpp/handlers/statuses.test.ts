import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeStation } from '../../support/stationCalls.ts'
import { startTestServer } from '../../support/testServer.ts'

const { services } = await startTestServer()
const { db } = services

const statusesOf = (identity: string) =>
  db('ocpp.station_statuses')
    .select('subject', 'request_id', 'status', 'details')
    .where({ identity })
    .orderBy(['subject', 'request_id'])

describe('status notifications', () => {
  it('of OCPP 1.6 are kept per subject, the newest', async () => {
    const station = await makeStation(services, { protocol: 'ocpp1.6' })
    for (const status of ['Downloading', 'Installed']) await station.tell('FirmwareStatusNotification', { status })
    await station.tell('SignedFirmwareStatusNotification', { status: 'SignatureVerified', requestId: 10 })
    await station.tell('DiagnosticsStatusNotification', { status: 'Uploaded' })
    await station.tell('LogStatusNotification', { status: 'Uploading', requestId: 9 })
    assert.deepEqual(await statusesOf(station.identity), [
      { subject: 'diagnostics', request_id: null, status: 'Uploaded', details: {} },
      { subject: 'firmware', request_id: '10', status: 'SignatureVerified', details: {} },
      { subject: 'firmware', request_id: null, status: 'Installed', details: {} },
      { subject: 'log', request_id: '9', status: 'Uploading', details: {} },
    ])
  })

  it('of OCPP 2.x are kept per request, and addresses without their secrets', async () => {
    const station = await makeStation(services)
    for (const requestId of [1, 2]) await station.tell('FirmwareStatusNotification', { status: 'Idle', requestId })
    await station.tell('FirmwareStatusNotification', { status: 'Installed', requestId: 2 })
    const location = ['https://joe:hunter2@10.0.0.4/firmware.bin']
    await station.tell('PublishFirmwareStatusNotification', { status: 'Published', requestId: 3, location })
    assert.deepEqual(await statusesOf(station.identity), [
      { subject: 'firmware', request_id: '1', status: 'Idle', details: {} },
      { subject: 'firmware', request_id: '2', status: 'Installed', details: {} },
      {
        subject: 'published_firmware',
        request_id: '3',
        status: 'Published',
        details: { location: ['https://***@10.0.0.4/firmware.bin'] },
      },
    ])
  })
})

describe('SecurityEventNotification', () => {
  const eventsOf = (identity: string) =>
    db('ocpp.security_events')
      .select('tenant_id', 'category', 'message', 'severity', 'details')
      .where({ identity })
      .orderBy('event_id')

  it('becomes a security event of the own tenant, as bad as its type', async () => {
    const station = await makeStation(services, { tenant: 'borealis' })
    const timestamp = '2026-05-10T14:00:00Z'
    const tampered = { type: 'TamperDetectionActivated', timestamp, techInfo: 'door open' }
    await station.tell('SecurityEventNotification', tampered)
    await station.tell('SecurityEventNotification', { type: 'StartupOfTheDevice', timestamp }, 'ocpp1.6')
    const event = { tenant_id: station.tenantId, category: 'STATION_REPORTED' }
    assert.deepEqual(await eventsOf(station.identity), [
      { ...event, message: 'TamperDetectionActivated: door open', severity: 'critical', details: tampered },
      {
        ...event,
        message: 'StartupOfTheDevice',
        severity: 'low',
        details: { type: 'StartupOfTheDevice', timestamp },
      },
    ])
  })

  it('is kept without the secrets of addresses', async () => {
    const station = await makeStation(services)
    const techInfo = 'upload to ftp://user:secret-1@files.example/ failed'
    const report = { type: 'FailedToAuthenticateAtCsms', timestamp: '2026-05-10T14:00:00Z', techInfo }
    await station.tell('SecurityEventNotification', report, 'ocpp1.6')
    await station.tell('SecurityEventNotification', { ...report, type: 'InvalidCentralSystemCertificate' })
    const events = await eventsOf(station.identity)
    assert.equal(events.length, 2)
    assert.doesNotMatch(JSON.stringify(events), /secret-1/)
  })

  it('is one event when a station that heard no answer tells it again, and another for each other thing', async () => {
    const countOf = async (tenantId: string) =>
      (await db('ocpp.totals').sum({ sum: 'security_events' }).where({ tenant_id: tenantId }))[0]!.sum
    for (const protocol of ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const) {
      const station = await makeStation(services, { protocol })
      const before = Number(await countOf(station.tenantId))
      const report = { type: 'ResetOrReboot', timestamp: '2026-05-10T14:00:00Z', techInfo: 'by hand' }
      await Promise.all([1, 2, 3].map(() => station.tell('SecurityEventNotification', report)))
      for (const other of [{ type: 'SettingSystemTime' }, { timestamp: '2026-05-10T14:00:01Z' }, { techInfo: 'again' }])
        await station.tell('SecurityEventNotification', { ...report, ...other })
      assert.equal((await eventsOf(station.identity)).length, 4)
      assert.equal(Number(await countOf(station.tenantId)), before + 4)
    }
  })

  it('of a clock that was never set is an event each time', async () => {
    const station = await makeStation(services)
    const report = { type: 'ResetOrReboot', timestamp: '1970-01-01T00:00:05Z' }
    for (let start = 0; start < 2; start++) await station.tell('SecurityEventNotification', report)
    assert.equal((await eventsOf(station.identity)).length, 2)
  })

  it('of two stations that say the same is one of each', async () => {
    const stations = [await makeStation(services), await makeStation(services)]
    const report = { type: 'ResetOrReboot', timestamp: '2026-05-10T14:00:00Z' }
    for (const station of stations) {
      await station.tell('SecurityEventNotification', report)
      assert.equal((await eventsOf(station.identity)).length, 1)
    }
  })
})
