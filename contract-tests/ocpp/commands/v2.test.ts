import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Protocol } from '../../../src/ocpp/action.ts'
import { commandedStation, lastAsked } from '../../support/commandedStation.ts'
import { startTestServer } from '../../support/testServer.ts'

/** Every command of tellus, at stations of OCPP 2.0.1 and 2.1. */

const server = await startTestServer()
const versions: Protocol[] = ['ocpp2.0.1', 'ocpp2.1']
const stations = await Promise.all(versions.map(async protocol => commandedStation(server, protocol)))

for (const [index, protocol] of versions.entries()) {
  const station = stations[index]!
  let sequence = 0
  const tell = (eventType: 'Started' | 'Updated' | 'Ended', triggerReason: string, more: object, idToken?: string) =>
    station.call('TransactionEvent', {
      eventType,
      triggerReason,
      seqNo: sequence++,
      timestamp: new Date().toISOString(),
      evse: { id: 1, connectorId: 1 },
      transactionInfo: more,
      ...(idToken !== undefined && { idToken: { idToken, type: 'Central' } }),
    })
  const asksOfPower = () => station.asked.filter(({ action }) => action === 'SetChargingProfile')

  describe(`a session of ${protocol}`, () => {
    it('is started remotely where the vehicle was plugged in before, and stopped', async () => {
      const transactionId = `${protocol}-tx-1`
      await tell('Started', 'CablePluggedIn', { transactionId, chargingState: 'EVConnected' })
      await tell('Ended', 'EVDeparted', { transactionId })
      const started = await station.command('start', { charge_power: 11, target_soc: 80 })
      await station.becomes(started, 'accepted')
      const { evseId, idToken, remoteStartId, chargingProfile } = await lastAsked(station, 'RequestStartTransaction')
      assert.equal(evseId, 1)
      assert.equal(chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0].limit, 11_000)
      assert.deepEqual(
        chargingProfile.chargingSchedule[0].limitAtSoC,
        protocol === 'ocpp2.1' ? { soc: 80, limit: 0 } : undefined,
      )
      assert.equal((await station.call('Authorize', { idToken })).idTokenInfo.status, 'Accepted')
      const second = `${protocol}-tx-2`
      await tell('Started', 'CablePluggedIn', { transactionId: second })
      await station.becomes(started, 'accepted')
      await tell('Updated', 'RemoteStart', { transactionId: second, remoteStartId }, idToken.idToken)
      assert.deepEqual((await station.becomes(started, 'completed')).details, { transaction_id: second })

      const stopped = await station.command('stop', { reason: 'enough' })
      await station.becomes(stopped, 'accepted')
      assert.deepEqual(await lastAsked(station, 'RequestStopTransaction'), { transactionId: second })
      await tell('Ended', 'RemoteStop', { transactionId: second, stoppedReason: 'Remote' })
      await station.becomes(stopped, 'completed')
    })

    it('that is refused shows why', async () => {
      station.answer('RequestStartTransaction', () => ({
        status: 'Rejected',
        statusInfo: { reasonCode: 'NoCable', additionalInfo: 'plug in first' },
      }))
      const asked = await station.command('start', { charge_power: 11, target_soc: 80 })
      const failed = await station.becomes(asked, 'failed')
      assert.deepEqual([failed.reason, failed.message], ['rejected', 'Rejected: NoCable: plug in first'])
      station.answer('RequestStartTransaction', () => ({ status: 'Accepted' }))
    })
  })

  describe(`the power of a connector of ${protocol}`, () => {
    it('is limited, and set free', async () => {
      await station.becomes(await station.queue('set_power_limit', { power_limit: 8.15, duration: 60 }), 'completed')
      const { evseId, chargingProfile } = asksOfPower().at(-1)!.payload
      assert.deepEqual([evseId, chargingProfile.chargingProfilePurpose], [1, 'TxDefaultProfile'])
      assert.equal(chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0].limit, 8150)
      await station.becomes(await station.queue('set_power_limit', { power_limit_percent: 100 }), 'completed')
      assert.deepEqual(await lastAsked(station, 'ClearChargingProfile'), { chargingProfileId: chargingProfile.id })
    })

    it('follows a weekly schedule of its own', async () => {
      const time_slots = [{ day_of_week: ['mon'], start: '08:00', end: '09:00', action: 'idle' }]
      await station.becomes(await station.queue('set_schedule', { time_slots }), 'completed')
      const { chargingProfile } = asksOfPower().at(-1)!.payload
      assert.equal(chargingProfile.recurrencyKind, 'Weekly')
      const [{ startSchedule, chargingSchedulePeriod }] = chargingProfile.chargingSchedule
      assert.equal(new Date(startSchedule).getUTCDay(), 1)
      assert.deepEqual(
        chargingSchedulePeriod.map(({ startPeriod, limit }: Record<string, number>) => [startPeriod, limit === 0]),
        [
          [0, false],
          [28_800, true],
          [32_400, false],
        ],
      )
    })

    it(protocol === 'ocpp2.1' ? 'is taken from the vehicle' : 'cannot be taken from the vehicle', async () => {
      const transactionId = `${protocol}-v2x`
      await tell('Started', 'Authorized', { transactionId, chargingState: 'Charging' }, 'TAG-1')
      const asked = await station.command('discharge', { discharge_power: 10, duration: 3600, min_soc: 40 })
      if (protocol === 'ocpp2.0.1') {
        assert.equal((await station.becomes(asked, 'failed')).reason, 'NOT_SUPPORTED')
      } else {
        await station.becomes(asked, 'completed')
        const { chargingProfile } = asksOfPower().at(-1)!.payload
        assert.equal(chargingProfile.transactionId, transactionId)
        assert.deepEqual(chargingProfile.chargingSchedule[0].chargingSchedulePeriod, [
          { startPeriod: 0, operationMode: 'CentralSetpoint', setpoint: -10_000 },
        ])
      }
      await tell('Ended', 'StopAuthorized', { transactionId })
    })
  })

  describe(`the diagnostics of a station of ${protocol}`, () => {
    for (const [command, type] of [
      ['reboot', 'Immediate'],
      ['soft_reset', 'OnIdle'],
    ] as const)
      it(`${command} is a reset ${type}, and done when the station has booted`, async () => {
        station.answer('Reset', () => ({ status: command === 'reboot' ? 'Accepted' : 'Scheduled' }))
        const asked = await station.diagnose({ command })
        await station.becomes(asked, 'accepted')
        assert.deepEqual(await lastAsked(station, 'Reset'), { type })
        await station.boot()
        await station.becomes(asked, 'completed')
      })

    it('fetch_logs asks for the log by a number, and is done when the station says so', async () => {
      const asked = await station.diagnose({ command: 'fetch_logs' })
      await station.becomes(asked, 'accepted')
      const { log, requestId, logType } = await lastAsked(station, 'GetLog')
      assert.equal(logType, 'DiagnosticsLog')
      assert.ok(log.remoteLocation.startsWith(`${server.url}/v1/device/uploads/`))
      await station.call('LogStatusNotification', { status: 'Uploaded', requestId: requestId + 1 })
      await station.becomes(asked, 'accepted')
      await station.call('LogStatusNotification', { status: 'Uploaded', requestId })
      const completed = await station.becomes(asked, 'completed')
      assert.deepEqual([completed.message, completed.details], ['no log was uploaded', { log_id: null }])
    })

    it('a firmware upgrade fails when the station says so', async () => {
      const asked = await station.queue('firmware_upgrade', { download_url: 'https://example.com/fw.bin' })
      await station.becomes(asked, 'accepted')
      const { requestId } = await lastAsked(station, 'UpdateFirmware')
      await station.call('FirmwareStatusNotification', { status: 'DownloadFailed', requestId })
      assert.equal((await station.becomes(asked, 'failed')).reason, 'DownloadFailed')
    })
  })
}
