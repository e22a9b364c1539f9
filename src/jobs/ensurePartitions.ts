import type { Knex } from 'knex'

const DAYS_BACK = 35
const DAYS_AHEAD = 3

/** Makes the daily partitions of the telemetry from a month back to three days ahead. Returns how many were missing. */
export async function ensurePartitions(db: Knex): Promise<number> {
  const { rows } = await db.raw<{ rows: { made: number }[] }>(
    `select telemetry.ensure_partitions((now() at time zone 'UTC')::date - ?::int, (now() at time zone 'UTC')::date + ?::int) as made`,
    [DAYS_BACK, DAYS_AHEAD],
  )
  return rows[0]!.made
}
