import type { Knex } from 'knex'

/**
 * What OCPP adds to the one model. A transaction is kept whether or not its station is linked to a device. A station that
 * enrolled itself in the demo shows on tellus without a site that consents. `current_records` is what lists and sums
 * read: a record that a charger uploaded takes the place of the one that was made from its transaction.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table ocpp.stations add column enrolled boolean not null default false;
    alter table ocpp.transactions alter column device_id drop not null;
    create index on ocpp.transactions (identity, connector_id) where ended_at is null;
    create unique index on ocpp.transactions (identity, stop_fingerprint) where stop_fingerprint is not null;
    grant usage on sequence ocpp.transactions_transaction_key_seq to voltspec_app;

    create view core.current_records as
      select r.* from core.charging_records r
      where not exists (select from core.superseded_records s where s.record_id = r.record_id);
    grant select on core.current_records to voltspec_app;
    alter publication voltspec add table core.superseded_records;
  `)
}
