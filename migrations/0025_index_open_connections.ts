import type { Knex } from 'knex'

/** Who is connected is asked for at every connect, and what a process that is gone has counted is kept without it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index on ocpp.connections (tenant_id) where disconnected_at is null;
    grant delete on ocpp.totals to voltspec_app;
  `)
}
