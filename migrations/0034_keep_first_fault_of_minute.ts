import type { Knex } from 'knex'

/**
 * A minute keeps its first fault. Where it had several, the code that comes first in the alphabet had been kept with the
 * time of another one.
 */
export async function up(knex: Knex): Promise<void> {
  for (const name of ['compact_readings(date)', 'settle_readings(date)', 'compact_late_readings(int)'])
    await change(knex, name, 'min(fault_code) as fault_code', `${FIRST_CODE} as fault_code`)
  await change(
    knex,
    'compact_late_readings(int)',
    'fault_code = coalesce(m.fault_code, excluded.fault_code)',
    `fault_code = case when excluded.fault_at < m.fault_at then coalesce(excluded.fault_code, m.fault_code)
            else coalesce(m.fault_code, excluded.fault_code) end`,
  )
}

/**
 * The code behind the least of `20260510131000000000F-0411`: a plain minimum, for which nothing is sorted, and which is
 * worked out for faulty samples only.
 */
const FIRST_CODE = `
  substr(min(to_char(time at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || fault_code) filter (where fault_code is not null), 21)`

/** Makes a function anew with another text in one place; its owner, rights and settings stay. */
async function change(knex: Knex, name: string, from: string, to: string): Promise<void> {
  const { rows } = await knex.raw<{ rows: { text: string }[] }>('select pg_get_functiondef(?::regprocedure) as text', [
    `telemetry.${name}`,
  ])
  const { text } = rows[0]!
  if (!text.includes(from)) throw new Error(`telemetry.${name} is not as it was made`)
  await knex.raw(text.replace(from, to).replaceAll('?', '\\?'))
}
