import type { Knex } from 'knex'

/**
 * A call that waits for its station in a process that goes away may wait for the next: `may_move` says which. Others mean
 * the station as it is now, and whoever asked for them asks again.
 *
 * `station_ended_at` is the end of a proxied transaction by the clock of its station: a start after it that has the same id
 * is another transaction.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table ocpp.calls add column may_move boolean not null default false;
    alter table ocpp.proxy_transactions add column station_ended_at timestamptz;
  `)
}
