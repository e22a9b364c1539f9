import type { Knex } from 'knex'
import type { Report } from '../componentHealth/componentHealth.ts'
import { IS_RAW } from './archive.ts'
import { instant } from './instant.ts'
import { isUuid } from './uuid.ts'

const REPORT = `${instant('time')} as timestamp, connector_id, component_health`
/** Of one charger, from `start` up to before `end`: the reports of its readings. */
const readings = (start: string, end: string) => `
  select time, connector_id, component_health from telemetry.readings
  where tenant_id = :tenantId and device_id = :deviceId and component_health is not null
    and time >= ${start} and time < ${end} and ${IS_RAW}`
/** The same of those that their minutes kept. */
const minutes = (start: string, end: string) => `
  select component_health_at as time, connector_id, component_health from telemetry.minutes
  where tenant_id = :tenantId and device_id = :deviceId
    and time > ${start} - interval '1 minute' and time < ${end}
    and component_health_at >= ${start} and component_health_at < ${end}`
const PERIOD = ['cast(:start as timestamptz)', 'cast(:end as timestamptz)'] as const
const REPORTS = `(${readings(...PERIOD)} union all ${minutes(...PERIOD)}) report`
/**
 * So many of the reports, sorted in both tiers before they are put together, because so their indexes are used: a charger
 * may report every few seconds, and sorting all of a month would take a second.
 */
const some = ([start, end]: readonly [string, string], order: string, limit: string) => `(
  (select * from (${readings(start, end)}) report order by ${order} limit ${limit})
  union all
  (select * from (${minutes(start, end)}) report order by ${order} limit ${limit})
  order by ${order} limit ${limit}) report`
const FIRST = `select ${REPORT} from ${some(PERIOD, 'time, connector_id', ':most')} order by time, connector_id`
/** `parts` of the period have the columns `first` and `last`. */
const lastOfEach = (parts: string) => `
  select ${REPORT} from (${parts}) part
  cross join lateral ${some(['part.first', 'part.last'], 'time desc, connector_id', '1')}
  order by time`
const [START, END] = PERIOD
const DAILY = lastOfEach(`
  select greatest(midnight, ${START}) as first, least(midnight + interval '24 hours', ${END}) as last
  from generate_series(date_trunc('day', ${START}, 'UTC'), ${END}, interval '24 hours') midnight`)
/** Of equal length. The last one ends with the period whatever the rounding, since its factor is 1. */
const POINTWISE = lastOfEach(`
  select ${START} + (${END} - ${START}) * (point / cast(:points as float8)) as first,
    ${START} + (${END} - ${START}) * ((point + 1) / cast(:points as float8)) as last
  from generate_series(0, :points - 1) point`)
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
  const { rows } = await db.raw<{ rows: Report[] }>(DAILY, {
    tenantId,
    deviceId,
    start: new Date(Date.now() - HISTORY),
    end: new Date(Date.now() + AHEAD),
  })
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
  const first = await db.raw<{ rows: Report[] }>(FIRST, { ...bindings, most: POINTS + 1 })
  if (first.rows.length <= POINTS) return { items: first.rows, total: first.rows.length, resolution_seconds: null }
  const [counted, points] = await Promise.all([
    db.raw<{ rows: { total: number }[] }>(`select count(*)::int as total from ${REPORTS}`, bindings),
    db.raw<{ rows: Report[] }>(POINTWISE, { ...bindings, points: POINTS }),
  ])
  const resolution_seconds = (end.getTime() - start.getTime()) / 1000 / POINTS
  return { items: points.rows, total: counted.rows[0]!.total, resolution_seconds }
}
