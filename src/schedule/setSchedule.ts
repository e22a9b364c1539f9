import type { Knex } from 'knex'
import { invalid } from '../errors.ts'
import type { Jobs } from '../jobs/jobs.ts'
import * as schedules from '../store/schedules.ts'
import { nextEdge } from './edges.ts'
import { endRun } from './endRun.ts'

interface Target {
  tenantId: string
  deviceId: string
  connectorId: number
}

/** Stores a connector's schedule, ends what the one before it runs, and asks for its first edge: all or nothing. */
export async function setSchedule(
  db: Knex,
  jobs: Jobs,
  target: Target,
  document: schedules.ScheduleDocument,
  commandExpirySeconds: number,
) {
  checkSlots(document)
  return db.transaction(async transaction => {
    const siteZone = await schedules.zoneOf(transaction, target.tenantId, target.deviceId, target.connectorId)
    const zone = document.timezone ?? siteZone
    const before = await schedules.lock(transaction, target.deviceId, target.connectorId)
    if (before !== undefined) await endRun(transaction, before, commandExpirySeconds)
    const setAt = new Date()
    const edge = nextEdge(document, zone, setAt, setAt)
    const stored = await schedules.put(transaction, {
      ...target,
      document,
      zone,
      setAt,
      nextCommandAt: edge?.at ?? null,
    })
    const { deviceId, connectorId } = target
    if (edge !== undefined) {
      const job = { deviceId, connectorId, revision: stored.revision, at: edge.at.toISOString() }
      await jobs.sendAt(transaction, 'run-schedule', job, edge.at)
    }
    return schedules.toSchedule(stored)
  })
}

/** What the contract's schema cannot say. */
function checkSlots({ type, time_slots, effective_from, effective_until }: schedules.ScheduleDocument): void {
  for (const [index, slot] of time_slots.entries()) {
    const field = `time_slots.${index}`
    if (type === 'weekly' && slot.day_of_week === undefined)
      throw invalid(`${field}.day_of_week`, `${field}.day_of_week is needed in a weekly schedule`)
    if (slot.start === slot.end) throw invalid(`${field}.end`, `${field}.end equals its start`)
  }
  if (effective_from != null && effective_until != null && Date.parse(effective_until) <= Date.parse(effective_from)) {
    throw invalid('effective_until', 'effective_until is not after effective_from')
  }
}
