import type { ClientBase } from 'pg'

/** A connection of its own, because a step may take minutes. */
export type ArchiveConnection = Pick<ClientBase, 'query'>

/** Days as `2026-05-10`, in UTC like all partitions. */
type Day = string

/**
 * A condition on rows of telemetry.readings: the finest tier that their day has. While a day's partition is still there
 * beside its minutes, the minutes are what is read; what comes later is read where it fell, until it is merged into them.
 */
export const IS_RAW = `(time >= (select compacted_until from telemetry.archive_state)
  or tableoid = 'telemetry.readings_default'::regclass)`

const dayOf = (name: string) => `to_date(right(${name}, 8), 'YYYYMMDD')`

/** The days whose readings are a partition and are all older than so many days, oldest first. */
export async function daysToCompact(db: ArchiveConnection, olderThan: number): Promise<Day[]> {
  return partitionsBefore(db, 'telemetry.readings', olderThan)
}

/** The days whose minutes are a partition and are all older than so many days, oldest first. */
export async function daysToSummarize(db: ArchiveConnection, olderThan: number): Promise<Day[]> {
  return partitionsBefore(db, 'telemetry.minutes', olderThan)
}

async function partitionsBefore(db: ArchiveConnection, table: string, olderThan: number): Promise<Day[]> {
  const { rows } = await db.query<{ day: Day }>(
    `select ${dayOf('relname')}::text as day from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = $1::regclass and relname ~ '_\\d{8}$'
       and (${dayOf('relname')} + 1)::timestamp at time zone 'UTC' <= now() - $2 * interval '1 day'
     order by 1`,
    [table, olderThan],
  )
  return rows.map(({ day }) => day)
}

/** The days whose readings are out of the table and not yet dropped. */
export async function detachedDays(db: ArchiveConnection): Promise<Day[]> {
  const { rows } = await db.query<{ day: Day }>(
    `select ${dayOf('relname')}::text as day from pg_class
     where relnamespace = 'telemetry'::regnamespace and relkind = 'r' and relname ~ '^readings_\\d{8}$'
       and not relispartition
     order by 1`,
  )
  return rows.map(({ day }) => day)
}

/** Writes the minutes of a day. Returns how many samples they are of; 0 when they were there. */
export const compact = (db: ArchiveConnection, day: Day) =>
  call<string>(db, 'telemetry.compact_readings($1)', [day]).then(Number)

/** Takes a day whose minutes are written out of the readings, within two seconds or not at all. */
export const detach = (db: ArchiveConnection, day: Day) => call<boolean>(db, 'telemetry.detach_readings($1)', [day])

/** Drops a day that is out of the readings, after what came late is in its minutes too. */
export const settle = (db: ArchiveConnection, day: Day) =>
  call<string>(db, 'telemetry.settle_readings($1)', [day]).then(Number)

/** Moves some of the samples that came after their day was compacted into its minutes. Returns how many. */
export const compactLate = (db: ArchiveConnection, most: number) =>
  call<number>(db, 'telemetry.compact_late_readings($1)', [most])

/** Writes the summaries of a day's sessions and drops its minutes. Returns how many summaries. */
export const summarize = (db: ArchiveConnection, day: Day) =>
  call<string>(db, 'telemetry.summarize_day($1)', [day]).then(Number)

/** The same for some of the minutes of samples that came after their day's partition was dropped. Returns how many. */
export const summarizeLate = (db: ArchiveConnection, olderThan: number, most: number) =>
  call<number>(db, `telemetry.summarize_late_minutes(now() - $1 * interval '1 day', $2)`, [olderThan, most])

async function call<Result>(db: ArchiveConnection, expression: string, values: unknown[]): Promise<Result> {
  const { rows } = await db.query<{ result: Result }>(`select ${expression} as result`, values)
  return rows[0]!.result
}
