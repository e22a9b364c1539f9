import type { Knex } from 'knex'
import * as commands from '../store/commands.ts'
import { checkSelfTest } from './selfTest.ts'

/**
 * Takes a charger's word on one of its commands, with all that follows from it. Saying the same again changes nothing.
 *
 * @throws notFound for a command that is not this charger's, conflict when it is finished with another outcome, invalid
 * for a self-test that is completed without its report
 */
export async function takeReport(db: Knex, deviceId: string, report: commands.Report): Promise<void> {
  await db.transaction(async transaction => {
    const command = await commands.lockForReport(transaction, deviceId, report)
    if (command === undefined) return
    if (report.status === 'completed') complete(command, report)
    await commands.noteReport(transaction, report)
  })
}

function complete({ command }: commands.ReportedCommand, { details }: commands.Report): void {
  if (command === 'run_self_test') checkSelfTest(details)
}
