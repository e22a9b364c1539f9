import type { Knex } from 'knex'
import type { Report } from '../componentHealth/componentHealth.ts'
import { IS_RAW } from './archive.ts'
import { instant } from './instant.ts'
import { isUuid } from './uuid.ts'

const REPORT = `${instant('time')} as timestamp, connector_id, component_health`
/** Of one charger, from `start` up to before `end`: the reports of its readings and those that their minutes kept. */
const REPORTS = `(
  select time, connector_id, component_health from telemetry.readings
  where tenant_id = :tenantId and device_id = :deviceId and component_health is not null
    and time >= :start and time < :end and ${IS_RAW}
  union all
  select component_health_at, connector_id, component_health from telemetry.minutes
  where tenant_id = :tenantId and device_id = :deviceId
    and time > :start::timestamptz - interval '1 minute' and time < :end
    and component_health_at >= :start and component_health_at < :end) report`
/** How far back wear is looked at, in milliseconds. */
const HISTORY = 30 * 86_400_000
/** A report from further ahead says nothing about now; in milliseconds. */
const AHEAD = 5 * 60_000
/** How many points a history has at most. */
const POINTS = 1000

/** Whether the tenant has the charger. */
export async function hasDevice(db: Knex, tenantId: string, deviceId: string): Promise<boolean> {
  if (!isUuid(deviceId)) return false
  return (await db('core.devices').where({ tenant_id: tenantId, device_id: deviceId }).first('device_id')) !== undefined
}

/** The last report of each of the last days and the newest of all, oldest first; empty when there is none. */
export async function daily(db: Knex, tenantId: string, deviceId: string): Promise<Report[]> {
  if (!isUuid(deviceId)) return []
  const { rows } = await db.raw<{ rows: Report[] }>(
    `select ${REPORT} from (
       select distinct on (time::date) time, connector_id, component_health from ${REPORTS}
       order by time::date, time desc, connector_id) last_of_day
     order by time`,
    { tenantId, deviceId, start: new Date(Date.now() - HISTORY), end: new Date(Date.now() + AHEAD) },
  )
  return rows.length > 0 ? rows : latest(db, tenantId, deviceId)
}

async function latest(db: Knex, tenantId: string, deviceId: string): Promise<Report[]> {
  for (const [table, time] of [
    ['readings', 'time'],
    ['minutes', 'component_health_at'],
  ]) {
    const { rows } = await db.raw<{ rows: Report[] }>(
      `select ${instant(time!)} as timestamp, connector_id, component_health from telemetry.${table}
       where tenant_id = :tenantId and device_id = :deviceId and component_health is not null
       order by time desc, connector_id limit 1`,
      { tenantId, deviceId },
    )
    if (rows.length > 0) return rows
  }
  return []
}

export interface History {
  items: Report[]
  total: number
  /** Width of the intervals of which each has its last report, in seconds; null when all reports are there. */
  resolution_seconds: number | null
}

/** The reports from `start` up to before `end`: all of them, or the last one of each of a thousand equal intervals. */
export async function history(
  db: Knex,
  { tenantId, deviceId, start, end }: { tenantId: string; deviceId: string; start: Date; end: Date },
): Promise<History> {
  const bindings = { tenantId, deviceId, start, end }
  const counted = await db.raw<{ rows: { total: number }[] }>(`select count(*)::int as total from ${REPORTS}`, bindings)
  const { total } = counted.rows[0]!
  const width = total <= POINTS ? null : (end.getTime() - start.getTime()) / 1000 / POINTS
  const { rows } =
    width === null
      ? await db.raw(`select ${REPORT} from ${REPORTS} order by time, connector_id`, bindings)
      : await db.raw(
          `select ${REPORT} from (
             select distinct on (point) floor(extract(epoch from time - :start::timestamptz) / :width) as point,
               time, connector_id, component_health
             from ${REPORTS} order by point, time desc, connector_id) last_of_point
           order by time`,
          { ...bindings, width },
        )
  return { items: rows, total, resolution_seconds: width }
}
