import type { Knex } from 'knex'
import { NO_LOG } from '../../charger/logUpload.ts'
import { underway } from '../../store/commandProofs.ts'
import * as deviceLogs from '../../store/deviceLogs.ts'
import * as commands from '../../store/ocppCommands.ts'
import * as stationStatuses from '../../store/stationStatuses.ts'
import type { Station } from '../action.ts'

/** Which command each subject tells of. */
const COMMANDS = { firmware: 'firmware_upgrade', diagnostics: 'fetch_logs', log: 'fetch_logs' } as const

const DONE = new Set(['Installed', 'Uploaded'])
const GIVEN_UP = new Set([
  'DownloadFailed',
  'InstallationFailed',
  'InstallVerificationFailed',
  'InvalidSignature',
  'UploadFailed',
  'UploadFailure',
  'BadMessage',
  'NotSupportedOperation',
  'PermissionDenied',
  'AcceptedCanceled',
])

type Progress = stationStatuses.StationStatus & { subject: keyof typeof COMMANDS }

/** Keeps how far a station is with something that takes long, and ends the command that asked for it when that is over. */
export async function keepProgress(db: Knex, station: Station, progress: Progress): Promise<void> {
  await stationStatuses.store(db, station, progress)
  const { subject, status, requestId } = progress
  if (!DONE.has(status) && !GIVEN_UP.has(status)) return
  const command = COMMANDS[subject]
  const commandId = await underway(db, station.identity, command, requestId)
  if (commandId === undefined) return
  if (GIVEN_UP.has(status))
    await commands.fail(db, commandId, { reason: status, message: `the charger reports ${status}` })
  else if (command === 'fetch_logs') await completeUpload(db, commandId)
  else await commands.complete(db, commandId, { message: status, details: null })
}

/** The same as of a charger that reports to the platform itself: the log that came, or that none did. */
async function completeUpload(db: Knex, commandId: string): Promise<void> {
  const log_id = await deviceLogs.ofCommand(db, commandId)
  await commands.complete(db, commandId, { message: log_id === null ? NO_LOG : null, details: { log_id } })
}
