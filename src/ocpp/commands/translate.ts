import type { CommandName } from '../../store/commands.ts'
import { discharge, setPowerLimit, setSchedule } from './power.ts'
import { startCharging, stopCharging } from './sessions.ts'
import { impossible, type Subject, type Translation, textOf } from './translation.ts'

/** What each command is in the words of the station's version (1.6, 2.0.1 or 2.1). */
const TRANSLATORS: Partial<Record<CommandName, (subject: Subject) => Translation>> = {
  start_charging: startCharging,
  stop_charging: stopCharging,
  set_power_limit: setPowerLimit,
  set_schedule: setSchedule,
  discharge,
  firmware_upgrade: updateFirmware,
  reboot: subject => reset(subject, 'Hard', 'Immediate'),
  soft_reset: subject => reset(subject, 'Soft', 'OnIdle'),
  force_reconnect: () => ({ kind: 'disconnect' }),
  fetch_logs: fetchLogs,
}

/** Puts a command of tellus into OCPP; what OCPP has no message for is `NOT_SUPPORTED`. */
export const translate = (command: CommandName, subject: Subject): Translation =>
  TRANSLATORS[command]?.(subject) ?? impossible('NOT_SUPPORTED', `OCPP has no message for ${command}`)

/** A restart: in 1.6 with or without regard to what runs, in 2.x at once or when nothing runs. */
function reset({ protocol }: Subject, v16: 'Hard' | 'Soft', v2: 'Immediate' | 'OnIdle'): Translation {
  const call = {
    action: 'Reset',
    payload: { type: protocol === 'ocpp1.6' ? v16 : v2 },
    // It will, when nothing runs any more.
    alsoFine: ['Scheduled'],
  }
  return { kind: 'calls', calls: [call], proof: 'boot' }
}

/** @param params `download_url` or `url`, and perhaps `signing_certificate` and `signature` */
function updateFirmware({ protocol, params, now, number }: Subject): Translation {
  const location = textOf(params, 'download_url') ?? textOf(params, 'url')
  if (location === undefined) return impossible('INVALID_PARAMS', 'params.download_url is missing')
  const at = now.toISOString()
  if (protocol === 'ocpp1.6')
    return {
      kind: 'calls',
      calls: [{ action: 'UpdateFirmware', payload: { location, retrieveDate: at } }],
      proof: 'installation',
    }
  const signingCertificate = textOf(params, 'signing_certificate')
  const signature = textOf(params, 'signature')
  const firmware = {
    location,
    retrieveDateTime: at,
    ...(signingCertificate !== undefined && { signingCertificate }),
    ...(signature !== undefined && { signature }),
  }
  const call = { action: 'UpdateFirmware', payload: { requestId: number, firmware }, alsoFine: ['AcceptedCanceled'] }
  return { kind: 'calls', calls: [call], proof: 'installation' }
}

function fetchLogs({ protocol, params, number, uploadUrl }: Subject): Translation {
  if (uploadUrl === undefined) return impossible('FAILED', 'PUBLIC_URL is not set, so there is no address to upload to')
  const since = textOf(params, 'since')
  const until = textOf(params, 'until')
  if (protocol === 'ocpp1.6') {
    const payload = {
      location: uploadUrl,
      ...(since !== undefined && { startTime: since }),
      ...(until !== undefined && { stopTime: until }),
    }
    return { kind: 'calls', calls: [{ action: 'GetDiagnostics', payload }], proof: 'upload' }
  }
  const log = {
    remoteLocation: uploadUrl,
    ...(since !== undefined && { oldestTimestamp: since }),
    ...(until !== undefined && { latestTimestamp: until }),
  }
  const payload = { logType: 'DiagnosticsLog', requestId: number, log }
  return { kind: 'calls', calls: [{ action: 'GetLog', payload, alsoFine: ['AcceptedCanceled'] }], proof: 'upload' }
}
