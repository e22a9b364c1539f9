import type { Knex } from 'knex'

/**
 * A station may give the id of a transaction that has ended to another: the older one is then stored under a name of our
 * own, and `reused_id` is what its station calls it. `heard_at` is when the station last said something of a transaction, to the
 * hour. One that it says nothing of for long has an end that is presumed, until the station tells the true one; the record
 * that was made meanwhile is `replaced_record_id`, and gives way to the next.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table ocpp.transactions add column reused_id text, add column heard_at timestamptz not null default now(),
      add column is_presumed boolean not null default false, add column replaced_record_id text;
    create index on ocpp.transactions (identity, reused_id) where reused_id is not null;
    create index on ocpp.transactions (heard_at) where ended_at is null;
    create index on ocpp.transactions (device_id, replaced_record_id) where replaced_record_id is not null;
  `)
}
