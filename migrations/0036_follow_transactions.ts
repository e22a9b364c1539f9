import type { Knex } from 'knex'

/**
 * Whether another transaction has begun on a connector since is known without a read of all that its station ever had. A
 * number that an upstream gives again means another transaction than before. What is over is not kept for ever.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index on ocpp.transactions (identity, connector_id, started_at, transaction_key);
    grant delete on ocpp.proxy_transactions, ocpp.charging_decisions to voltspec_app;
  `)
}
