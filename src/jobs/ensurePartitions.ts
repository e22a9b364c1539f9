import type { Knex } from 'knex'
import * as ocppMessages from '../store/ocppMessages.ts'

const DAYS_AHEAD = 3

/**
 * Makes the daily partitions of the telemetry for the days that are kept raw and three days ahead, and the monthly ones of the flux
 * readings from two months back to the next one, and those of OCPP messages. Returns how many were missing.
 */
export async function ensurePartitions(db: Knex, rawDays: number): Promise<number> {
  const { rows } = await db.raw<{ rows: { made: number }[] }>(
    `select telemetry.ensure_partitions(today - :back::int, today + :ahead::int)
       + flux.ensure_partitions((today - interval '2 months')::date, (today + interval '1 month')::date) as made
     from (select (now() at time zone 'UTC')::date as today) as day`,
    { back: rawDays, ahead: DAYS_AHEAD },
  )
  return rows[0]!.made + (await ocppMessages.ensurePartitions(db))
}
