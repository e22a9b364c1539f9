import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../processes/workplace.ts'
import { commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { startTestServer } from '../../support/testServer.ts'

/** Every command of tellus, at a station of OCPP 1.6. */

const server = await startTestServer()
const { db } = server.services
const station = await commandedStation(server, 'ocpp1.6')

const start = async (idTag: string) => {
  const { transactionId } = await station.call('StartTransaction', {
    connectorId: 1,
    idTag,
    meterStart: 100,
    timestamp: new Date().toISOString(),
  })
  return transactionId as number
}
const stop = (transactionId: number) =>
  station.call('StopTransaction', { transactionId, meterStop: 900, timestamp: new Date().toISOString() })

describe('a session of OCPP 1.6', () => {
  it('is started remotely, with the power as its profile, and stopped', async () => {
    const started = await station.command('start', { charge_power: 11, target_soc: 80 })
    const accepted = await station.becomes(started, 'accepted')
    assert.ok(accepted.delivered_at !== null && accepted.accepted_at !== null)
    assert.deepEqual(accepted.details, { status: 'Accepted' })
    const { idTag, connectorId, chargingProfile } = await lastAsked(station, 'RemoteStartTransaction')
    assert.equal(connectorId, 1)
    assert.equal(chargingProfile.chargingProfilePurpose, 'TxProfile')
    assert.deepEqual(chargingProfile.chargingSchedule.chargingSchedulePeriod, [{ startPeriod: 0, limit: 11_000 }])
    assert.equal((await station.call('Authorize', { idTag })).idTagInfo.status, 'Accepted')
    const transactionId = await start(idTag)
    const completed = await station.becomes(started, 'completed')
    assert.equal(completed.message, 'charging started')
    assert.deepEqual(completed.details, { transaction_id: transactionId })

    const more = await station.command('start', { charge_power: 7.4, target_soc: 80 })
    await station.becomes(more, 'completed')
    const { csChargingProfiles } = await lastAsked(station, 'SetChargingProfile')
    assert.equal(csChargingProfiles.transactionId, transactionId)
    assert.equal(csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit, 7400)

    const stopped = await station.command('stop', { reason: 'enough' })
    await station.becomes(stopped, 'accepted')
    assert.deepEqual(await lastAsked(station, 'RemoteStopTransaction'), { transactionId })
    await stop(transactionId)
    assert.deepEqual((await station.becomes(stopped, 'completed')).details, { transaction_id: transactionId })
  })

  it('is not begun by the tag of a remote start of another tenant', async () => {
    const started = await station.command('start', { charge_power: 11, target_soc: 80 })
    await station.becomes(started, 'accepted')
    const { idTag } = await lastAsked(station, 'RemoteStartTransaction')
    await db('ocpp.remote_starts')
      .where({ id_tag: idTag })
      .update({ tenant_id: db('core.tenants').select('tenant_id').where({ slug: 'borealis' }) })
    await db('ocpp.tenant_settings').update({ unknown_id_tags: 'reject' })
    assert.equal((await station.call('Authorize', { idTag })).idTagInfo.status, 'Invalid')
    await db('ocpp.tenant_settings').update({ unknown_id_tags: 'accept' })
  })

  it('that does not run cannot be stopped', async () => {
    const failed = await station.becomes(await station.command('stop', { reason: 'enough' }), 'failed')
    assert.equal(failed.reason, 'NO_SESSION')
  })

  it('that is refused shows the word of the station', async () => {
    station.answer('RemoteStartTransaction', () => ({ status: 'Rejected' }))
    const failed = await station.becomes(await station.command('start', { charge_power: 11, target_soc: 80 }), 'failed')
    assert.deepEqual([failed.reason, failed.message, failed.details], ['rejected', 'Rejected', { status: 'Rejected' }])
    station.answer('RemoteStartTransaction', () => ({ status: 'Accepted' }))
  })
})

describe('the power of a connector of OCPP 1.6', () => {
  it('is limited for a time, for what runs too, and set free', async () => {
    const transactionId = await start('TAG-1')
    const limited = await station.queue('set_power_limit', { power_limit: 8.1, duration: 900 })
    await station.becomes(limited, 'completed')
    const sent = station.asked.filter(({ action }) => action === 'SetChargingProfile').slice(-2)
    assert.deepEqual(
      sent.map(({ payload: { csChargingProfiles: profile } }) => [
        profile.chargingProfilePurpose,
        profile.transactionId,
        profile.chargingSchedule.duration,
        profile.chargingSchedule.chargingSchedulePeriod[0].limit,
      ]),
      [
        ['TxDefaultProfile', undefined, 900, 8100],
        ['TxProfile', transactionId, 900, 8100],
      ],
    )
    station.answer('ClearChargingProfile', () => ({ status: 'Unknown' }))
    const freed = await station.queue('set_power_limit', { power_limit_percent: 100, reason: 'lifted' })
    await station.becomes(freed, 'completed')
    const cleared = station.asked.filter(({ action }) => action === 'ClearChargingProfile')
    assert.deepEqual(
      cleared.map(({ payload }) => payload.id),
      sent.map(({ payload }) => payload.csChargingProfiles.chargingProfileId),
    )
    await stop(transactionId)
  })

  it('cannot be limited where the station says NotSupported, or has no such action', async () => {
    station.answer('SetChargingProfile', () => ({ status: 'NotSupported' }))
    const one = await station.becomes(await station.queue('set_power_limit', { power_limit: 5 }), 'failed')
    assert.deepEqual([one.reason, one.message], ['NOT_SUPPORTED', 'NotSupported'])
    station.answer('SetChargingProfile', () => {
      throw Object.assign(new Error('no such thing'), { rpcErrorCode: 'NotImplemented' })
    })
    const other = await station.becomes(await station.queue('set_power_limit', { power_limit: 5 }), 'failed')
    assert.equal(other.reason, 'NOT_SUPPORTED')
    assert.match(other.message, /^NotImplemented/)
    station.answer('SetChargingProfile', () => ({ status: 'Accepted' }))
  })

  it('is told in amperes where the station rejects watts', async () => {
    station.answer('SetChargingProfile', ({ csChargingProfiles }) => ({
      status: csChargingProfiles.chargingSchedule.chargingRateUnit === 'A' ? 'Accepted' : 'Rejected',
    }))
    await station.becomes(await station.queue('set_power_limit', { power_limit: 11 }), 'completed')
    const { csChargingProfiles } = await lastAsked(station, 'SetChargingProfile')
    assert.equal(csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit, 15.9)
    station.answer('SetChargingProfile', () => ({ status: 'Accepted' }))
  })

  it('follows a schedule of its own', async () => {
    const time_slots = [{ start: '23:00', end: '06:00', action: 'charge', power_limit: 7 }]
    await station.becomes(await station.queue('set_schedule', { time_slots, timezone: 'Europe/London' }), 'completed')
    const { csChargingProfiles } = await lastAsked(station, 'SetChargingProfile')
    assert.deepEqual(
      [csChargingProfiles.chargingProfileKind, csChargingProfiles.recurrencyKind],
      ['Recurring', 'Daily'],
    )
    assert.deepEqual(
      csChargingProfiles.chargingSchedule.chargingSchedulePeriod.map(
        ({ startPeriod }: { startPeriod: number }) => startPeriod,
      ),
      [0, 21_600, 82_800],
    )
    const broken = await station.becomes(await station.queue('set_schedule', { time_slots: 7 }), 'failed')
    assert.equal(broken.reason, 'INVALID_PARAMS')
  })

  it('cannot be taken from the vehicle', async () => {
    const asked = { discharge_power: 10, duration: 3600, min_soc: 40 }
    const failed = await station.becomes(await station.command('discharge', asked), 'failed')
    assert.deepEqual([failed.reason, failed.message], ['NOT_SUPPORTED', 'ocpp1.6 has no way to discharge a vehicle'])
  })
})

describe('the diagnostics of a station of OCPP 1.6', () => {
  for (const [command, type] of [
    ['reboot', 'Hard'],
    ['soft_reset', 'Soft'],
  ] as const)
    it(`${command} is a reset, and done when the station has booted`, async () => {
      const asked = await station.diagnose({ command })
      await station.becomes(asked, 'accepted')
      assert.deepEqual(await lastAsked(station, 'Reset'), { type })
      await station.disconnect()
      await station.connect()
      await station.boot()
      await station.becomes(asked, 'completed')
    })

  it('force_reconnect closes the connection, and is done when the next one is there', async () => {
    const asked = await station.diagnose({ command: 'force_reconnect' })
    await station.becomes(asked, 'accepted')
    await eventually('the end', 5000, () =>
      db('ocpp.connection_states').first().where({ identity: station.identity }).whereNotNull('disconnected_at'),
    )
    await station.connect()
    await station.becomes(asked, 'completed')
  })

  it('fetch_logs gives it a URL for one upload, and is done when the log is there', async () => {
    station.answer('GetDiagnostics', () => ({ fileName: 'log.txt' }))
    const since = '2026-05-10T12:00:00Z'
    const asked = await station.diagnose({ command: 'fetch_logs', params: { since } })
    await station.becomes(asked, 'accepted')
    const { location, startTime } = await lastAsked(station, 'GetDiagnostics')
    assert.ok(location.startsWith(`${server.url}/v1/device/uploads/`), location)
    assert.equal(startTime, since)
    const uploaded = await fetch(location, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'log' })
    assert.equal(uploaded.status, 200)
    const { data } = (await uploaded.json()) as { data: { log_id: string } }
    const { details } = await station.becomes(asked, 'completed')
    assert.deepEqual(details, { log_id: data.log_id })
    await station.call('DiagnosticsStatusNotification', { status: 'Uploaded' })
  })

  it('fetch_logs fails when the station says that it could not', async () => {
    const asked = await station.diagnose({ command: 'fetch_logs' })
    await station.becomes(asked, 'accepted')
    await station.call('DiagnosticsStatusNotification', { status: 'Uploading' })
    await station.call('DiagnosticsStatusNotification', { status: 'UploadFailed' })
    assert.equal((await station.becomes(asked, 'failed')).reason, 'UploadFailed')
  })

  it('what OCPP has no message for is NOT_SUPPORTED at once', async () => {
    const ref = { customer_authorization_ref: 'CASE-1' }
    for (const body of [
      { command: 'run_self_test', ...ref },
      {
        command: 'calibrate_sensor',
        params: { sensor: 'voltage', reference_value: 400, technician_on_site: true },
        ...ref,
      },
      { command: 'reset_contactor_counter', params: { contactor: 'main' } },
      { command: 'reset_fan_counter' },
      { command: 'reset_power_module', params: { module: 'PM-1' }, ...ref },
    ]) {
      const failed = await station.becomes(await station.diagnose(body), 'failed', 0)
      assert.deepEqual([failed.reason, failed.delivered_at], ['NOT_SUPPORTED', null], body.command)
    }
  })
})

describe('the firmware of a station of OCPP 1.6', () => {
  it('is upgraded, and done when it says so', async () => {
    station.answer('UpdateFirmware', () => ({}))
    const asked = await station.queue('firmware_upgrade', { download_url: 'https://example.com/fw.bin' })
    await station.becomes(asked, 'accepted')
    assert.equal((await lastAsked(station, 'UpdateFirmware')).location, 'https://example.com/fw.bin')
    await station.call('FirmwareStatusNotification', { status: 'Downloading' })
    await station.call('FirmwareStatusNotification', { status: 'Installed' })
    await station.becomes(asked, 'completed')
    const nowhere = await station.becomes(await station.queue('firmware_upgrade', {}), 'failed')
    assert.equal(nowhere.reason, 'INVALID_PARAMS')
  })
})
