import type { Knex } from 'knex'
import * as reports from '../store/commandReports.ts'
import * as counterResets from '../store/counterResets.ts'
import * as deviceLogs from '../store/deviceLogs.ts'
import { NO_LOG } from './logUpload.ts'
import { checkSelfTest } from './selfTest.ts'

/**
 * Takes a charger's word on one of its commands, with all that follows from it. Saying the same again changes nothing.
 *
 * @throws notFound for a command that is not this charger's, conflict when it is finished with another outcome, invalid
 * for a self-test that is completed without its report
 */
export async function takeReport(db: Knex, deviceId: string, report: reports.Report): Promise<void> {
  await db.transaction(async transaction => {
    const command = await reports.lockForReport(transaction, deviceId, report)
    if (command === undefined) return
    const outcome =
      report.status === 'completed' ? await complete(transaction, { deviceId, ...command }, report) : report
    await reports.noteReport(transaction, outcome)
  })
}

/** What else is true when a command is completed. Returns the report with what the platform adds to it. */
async function complete(
  transaction: Knex,
  { deviceId, command, params }: reports.ReportedCommand & { deviceId: string },
  report: reports.Report,
): Promise<reports.Report> {
  switch (command) {
    case 'run_self_test':
      checkSelfTest(report.details)
      return report
    case 'fetch_logs': {
      const log_id = await deviceLogs.ofCommand(transaction, report.commandId)
      const message = report.message ?? (log_id === null ? NO_LOG : null)
      return { ...report, message, details: { ...report.details, log_id } }
    }
    case 'reset_contactor_counter': {
      const counter = params.contactor === 'discharge' ? 'discharge_contactor' : 'contactor'
      await counterResets.note(transaction, deviceId, counter, report.commandId)
      return report
    }
    case 'reset_fan_counter':
      await counterResets.note(transaction, deviceId, 'fan', report.commandId)
      return report
    default:
      return report
  }
}
