import type { Knex } from 'knex'

/** What a station has said that it can do; null until it was asked. A server that does not know the column leaves it alone. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table ocpp.stations add column features text[]')
}
