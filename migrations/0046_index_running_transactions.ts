import type { Knex } from 'knex'

/**
 * The sessions that run are few, and each sample looks for one of them; those that are silent are looked for once in a
 * while, among the same few. Where this was made by an earlier form of migration 0039 it is there already.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index if exists ocpp.transactions_heard_at_idx;
    create index if not exists transactions_identity_connector_id_started_at_idx
      on ocpp.transactions (identity, connector_id, started_at) where ended_at is null;
  `)
}
