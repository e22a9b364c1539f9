import type { Knex } from 'knex'
import * as schedules from '../store/schedules.ts'
import { endRun } from './endRun.ts'

/** Removes a connector's schedule and ends what it runs. Returns whether there was one. */
export async function removeSchedule(
  db: Knex,
  target: { tenantId: string; deviceId: string; connectorId: number },
  commandExpirySeconds: number,
): Promise<boolean> {
  return db.transaction(async transaction => {
    const removed = await schedules.remove(transaction, target.tenantId, target.deviceId, target.connectorId)
    if (removed !== undefined) await endRun(transaction, removed, commandExpirySeconds)
    return removed !== undefined
  })
}
