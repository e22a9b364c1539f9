import type { Knex } from 'knex'

/** The power that a session was started with is looked up with every plan of its site. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`create index on core.commands (device_id, sequence) where command = 'start_charging'`)
}
