import type { Knex } from 'knex'
import { conflict, notFound } from '../errors.ts'
import { type CommandName, PENDING } from './commands.ts'
import { isUuid } from './uuid.ts'

/** What a charger says of a command. */
export interface Report {
  commandId: string
  status: 'accepted' | 'rejected' | 'completed' | 'failed'
  message: string | null
  details: object | null
}

/** What a report is about, as far as it matters to what follows from it. */
export interface ReportedCommand {
  command: CommandName
  params: Record<string, unknown>
}

/**
 * The command that a charger reports on, locked until the transaction ends; undefined when it said the same before.
 *
 * @throws notFound for a command that is not this charger's, conflict when it is finished with another outcome
 */
export async function lockForReport(
  transaction: Knex,
  deviceId: string,
  { commandId, status }: Report,
): Promise<ReportedCommand | undefined> {
  const found = isUuid(commandId)
    ? await transaction('core.commands')
        .first('status', 'outcome', 'expires_at', 'command', 'params')
        .where({ command_id: commandId, device_id: deviceId })
        .forUpdate()
    : undefined
  if (found === undefined) throw notFound('command')
  const overdue = PENDING.includes(found.status) && found.expires_at <= new Date()
  if (found.status === 'expired' || overdue) throw conflict('the command has expired')
  if (found.outcome !== null) {
    if (found.outcome !== status) throw conflict(`the command is finished: ${found.outcome}`)
    return undefined
  }
  return { command: found.command, params: found.params }
}

/** Notes a charger's word on a command that is locked. */
export async function noteReport(transaction: Knex, { commandId, status, message, details }: Report): Promise<void> {
  const change =
    status === 'accepted'
      ? { status, accepted_at: transaction.raw('coalesce(accepted_at, now())') }
      : { status: status === 'completed' ? status : 'failed', outcome: status, finished_at: transaction.fn.now() }
  await transaction('core.commands')
    .where({ command_id: commandId })
    .update({ ...change, message, details: details === null ? null : JSON.stringify(details) })
}

/** Names a log in its command that was completed without one, and takes back what was said about that. */
export async function nameLog(transaction: Knex, commandId: string, logId: string, said: string): Promise<void> {
  await transaction.raw(
    `update core.commands
     set details = coalesce(details, '{}') || jsonb_build_object('log_id', :logId::text), message = nullif(message, :said)
     where command_id = :commandId and status = 'completed'`,
    { commandId, logId, said },
  )
}
