import type { Knex } from 'knex'
import * as commands from '../store/commands.ts'
import type { ScheduleRow } from '../store/schedules.ts'
import { runsAt } from './edges.ts'

/**
 * Tells the charger to stop when a schedule is taken away while one of its slots runs: nothing else would end what it
 * began. A slot of the next schedule that would run already begins the next time it comes up.
 */
export async function endRun(db: Knex, schedule: ScheduleRow, commandExpirySeconds: number): Promise<void> {
  if (!runsAt(schedule.document, schedule.time_zone, schedule.updated_at, new Date())) return
  await commands.queue(db, [
    {
      tenantId: schedule.tenant_id,
      deviceId: schedule.device_id,
      connectorId: schedule.connector_id,
      command: 'stop_charging',
      params: { connector_id: schedule.connector_id, reason: 'schedule_end' },
      requestedBy: `schedule:${schedule.schedule_id}`,
      expiresIn: commandExpirySeconds,
      scheduleId: schedule.schedule_id,
    },
  ])
}
