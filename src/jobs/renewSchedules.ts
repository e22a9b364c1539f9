import type { Knex } from 'knex'
import { endOf } from '../ocpp/commands/schedule.ts'
import { offsetAt } from '../schedule/localTime.ts'
import * as commands from '../store/commands.ts'
import * as scheduleCommands from '../store/scheduleCommands.ts'

/** How long a station that is away may take to connect and hear of it, in seconds; after that it is asked again. */
const EXPIRY = 7 * 86_400

/**
 * Stations count days of 24 hours, so a schedule that they repeat is off when the clocks of its zone change. Those that
 * were set before a change are set again.
 *
 * @returns how many those are
 */
export async function renewSchedules(db: Knex, now = new Date()): Promise<number> {
  const followed = await scheduleCommands.followed(db)
  const off = followed.filter(({ params, since }) => {
    const zone = String(params.timezone)
    return (endOf(params) ?? now) >= now && offsetAt(since.getTime(), zone) !== offsetAt(now.getTime(), zone)
  })
  await commands.queue(
    db,
    off.map(({ tenantId, deviceId, connectorId, params }) => ({
      tenantId,
      deviceId,
      connectorId,
      command: 'set_schedule',
      params,
      requestedBy: 'clock-change',
      expiresIn: EXPIRY,
    })),
  )
  return off.length
}
