import type { Knex } from 'knex'
import { kept } from '../audit/auditRecord.ts'
import { callerName, type OperatorCaller } from '../auth/caller.ts'
import { notFound } from '../errors.ts'
import * as commands from '../store/commands.ts'
import * as connectors from '../store/connectorLookup.ts'

interface Asked {
  deviceId: string
  connectorId: number | null
  command: commands.CommandName
  params: Record<string, unknown>
  /** seconds */
  expiresIn: number
}

/**
 * Queues what a client asks of a charger. Whether the charger can do it is for the charger to say.
 *
 * @throws notFound for a charger of another tenant or a connector that was never seen
 */
export async function requestCommand(db: Knex, caller: OperatorCaller, asked: Asked) {
  if (!(await connectors.exists(db, caller.tenantId, asked.deviceId, asked.connectorId))) {
    throw notFound(asked.connectorId === null ? 'device' : 'connector')
  }
  const command = { ...asked, tenantId: caller.tenantId, requestedBy: callerName(caller) }
  // Anything may stand in them.
  const [command_id] = await commands.queue(db, [command], { params: kept(asked.params) })
  return { command_id: command_id!, status: 'queued' as const }
}
