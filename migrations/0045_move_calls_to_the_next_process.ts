import type { Knex } from 'knex'

/**
 * A call that waits for its station in a process that goes away may wait for the next: `may_move` says which. Others mean
 * the station as it is now, and whoever asked for them asks again.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table ocpp.calls add column may_move boolean not null default false')
}
