import type { Knex } from 'knex'

/**
 * What a station has said that it can do is kept, null until it was asked. And what it has not measured is not kept: voltage,
 * current and state of charge are null where it was 0 before, and no mean counts them. Servers that do not know this yet go
 * on as they did: they write all three and leave the column alone.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table ocpp.stations add column features text[]')
  for (const table of ['readings', 'minutes', 'session_summaries'])
    await knex.raw(`alter table telemetry.${table} ${OPTIONAL.map(name => `alter ${name} drop not null`).join(', ')}`)
  const merges = (row: string) =>
    OPTIONAL.map(name => [
      `${name} = ${weighted(row, name)}`,
      `${name} = coalesce(${weighted(row, name)}, ${row}.${name}, excluded.${name})`,
    ])
  await change(knex, 'compact_late_readings(int)', merges('m'))
  const means = OPTIONAL.map(name => [
    `sum(${name} * samples) / sum(samples)`,
    `sum(${name} * samples) / sum(samples) filter (where ${name} is not null)`,
  ])
  for (const name of ['summarize_day(date)', 'summarize_late_minutes(timestamptz, int)'])
    await change(knex, name, [...merges('s'), ...means])
}

const OPTIONAL = ['voltage_v', 'current_a', 'soc_percent']

/** As the functions were made with it. */
const weighted = (row: string, column: string) =>
  `(${row}.${column} * ${row}.samples + excluded.${column} * excluded.samples) / (${row}.samples + excluded.samples)`

/** Makes a function anew with another text in some places; its owner, rights and settings stay. */
async function change(knex: Knex, name: string, places: string[][]): Promise<void> {
  const { rows } = await knex.raw<{ rows: { text: string }[] }>('select pg_get_functiondef(?::regprocedure) as text', [
    `telemetry.${name}`,
  ])
  let { text } = rows[0]!
  for (const [from, to] of places) {
    if (!text.includes(from!)) throw new Error(`telemetry.${name} is not as it was made`)
    text = text.replace(from!, to!)
  }
  await knex.raw(text.replaceAll('?', '\\?'))
}
