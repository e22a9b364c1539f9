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
    for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const)
      await station.tell('SecurityEventNotification', report, protocol)
    const events = await eventsOf(station.identity)
    assert.equal(events.length, 2)
    assert.doesNotMatch(JSON.stringify(events), /secret-1/)
  })
})
