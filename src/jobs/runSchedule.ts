import type { Knex } from 'knex'
import { nextEdge } from '../schedule/edges.ts'
import * as commands from '../store/commands.ts'
import * as schedules from '../store/schedules.ts'
import type { Jobs, ScheduleJob } from './jobs.ts'

interface Means {
  db: Knex
  jobs: Jobs
  commandExpirySeconds: number
}

/** At an edge of a schedule: queues the edge's command and asks for the next edge, both or neither. */
export async function runSchedule({ db, jobs, commandExpirySeconds }: Means, job: ScheduleJob): Promise<void> {
  await db.transaction(async transaction => {
    const stored = await schedules.lockRevision(transaction, job.deviceId, job.connectorId, job.revision)
    if (stored?.next_command_at?.toISOString() !== job.at) return
    const edge = stored.next_command_at
    const now = Date.now()
    const due = nextEdge(stored.document, stored.time_zone, stored.updated_at, new Date(edge.getTime() - 1))
    // An edge may be as late as a command. What passed long ago, while no process ran, is behind: a charger is not told
    // at noon what to do at night.
    const behind = now - edge.getTime() > commandExpirySeconds * 1000
    if (due !== undefined && !behind) {
      await commands.queue(transaction, [
        {
          tenantId: stored.tenant_id,
          deviceId: job.deviceId,
          connectorId: job.connectorId,
          command: due.command,
          params: { connector_id: job.connectorId, ...due.params },
          requestedBy: `schedule:${stored.schedule_id}`,
          expiresIn: commandExpirySeconds,
          scheduleId: stored.schedule_id,
        },
      ])
    }
    const after = new Date(Math.max(edge.getTime(), now))
    const following = nextEdge(stored.document, stored.time_zone, stored.updated_at, after)
    await schedules.setNext(transaction, job.deviceId, job.connectorId, following?.at ?? null)
    if (following !== undefined)
      await jobs.sendAt(transaction, 'run-schedule', { ...job, at: following.at.toISOString() }, following.at)
  })
}
