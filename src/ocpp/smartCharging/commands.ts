import type { Knex } from 'knex'
import * as commands from '../../store/commands.ts'
import * as ocppCommands from '../../store/ocppCommands.ts'
import * as planned from '../../store/plannedCommands.ts'
import { ownId } from '../commands/profiles.ts'
import { endOf } from '../commands/schedule.ts'

/** How long a station may be away before a limit that it is to keep by itself again is given up, in seconds. */
const EXPIRY = 7 * 86_400
const KEPT = 'kept by the plan of the site'

/**
 * Ends commands whose limits a plan has told.
 *
 * @param silent the transactions of which stations did not take what they were told
 */
export async function settle(db: Knex, waiting: planned.PlannedCommand[], silent: ReadonlySet<string>): Promise<void> {
  for (const { commandId, transactionKey, message, details } of waiting)
    if (transactionKey !== null && silent.has(transactionKey)) {
      const why = 'the charger did not take what the plan of its site allows'
      await ocppCommands.fail(db, commandId, { reason: 'rejected', message: why, ...(details && { details }) })
    } else
      await ocppCommands.complete(db, commandId, {
        message: [KEPT, message].filter(text => text !== null).join('; '),
        details,
      })
}

/** The profiles that commands have set at a station and that would let a session begin with more than its plan does. */
export async function profilesAbovePlan(db: Knex, identity: string): Promise<number[]> {
  const limits = await planned.standingLimits(db, identity)
  return limits.map(({ command, connectorId }) => ownId(command === 'set_schedule' ? 'schedule' : 'limit', connectorId))
}

/** Limits and schedules of commands that a plan has kept are set at the station when the plan is gone. */
export async function giveBack(db: Knex, identity: string, now = new Date()): Promise<void> {
  const limits = await planned.standingLimits(db, identity)
  const standing = limits.filter(({ params }) => (endOf(params) ?? now) >= now)
  await commands.queue(
    db,
    standing.map(limit => ({
      ...limit,
      requestedBy: 'smart-charging',
      expiresIn: Math.min(EXPIRY, Number(limit.params.duration ?? EXPIRY)),
    })),
  )
}
