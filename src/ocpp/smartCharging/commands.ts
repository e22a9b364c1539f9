import type { Knex } from 'knex'
import * as commands from '../../store/commands.ts'
import * as ocppCommands from '../../store/ocppCommands.ts'
import * as planned from '../../store/plannedCommands.ts'
import { ownId } from '../commands/profiles.ts'
import { endOf } from '../commands/schedule.ts'
import { PASSING } from './floors.ts'

/** How long a station may be away before a limit that it is to keep by itself again is given up, in seconds. */
const EXPIRY = 7 * 86_400
const KEPT = 'kept by the plan of the site'

/**
 * Ends commands whose limits a plan has told. Those of stations that gave no answer wait for the next plan.
 *
 * @param silent by transaction, why its station did not take what it was told
 */
export async function settle(
  db: Knex,
  waiting: planned.PlannedCommand[],
  silent: ReadonlyMap<string, string | null>,
): Promise<void> {
  for (const { commandId, transactionKey, message, details } of waiting) {
    const reason = silent.get(transactionKey ?? '')
    if (reason === undefined) {
      const told = [KEPT, message].filter(text => text !== null).join('; ')
      await ocppCommands.complete(db, commandId, { message: told, details })
    } else if (reason !== null && !PASSING.has(reason)) {
      const why = `the charger did not take what the plan of its site allows: ${reason}`
      await ocppCommands.fail(db, commandId, { reason: 'rejected', message: why, ...(details && { details }) })
    }
  }
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
