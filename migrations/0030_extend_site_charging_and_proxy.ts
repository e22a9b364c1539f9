import type { Knex } from 'knex'

/**
 * What a site's connectors take and in which zone its windows are read, why a station did not take a decision, and what
 * an upstream has still to hear of a proxied station.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table ocpp.site_charging
      add column time_zone text,
      add column connectors jsonb not null default '[]';
    alter table ocpp.charging_decisions add column reason text;
    create index on ocpp.charging_decisions (site_id, transaction_key) where status in ('pending', 'active');
    create index on ocpp.transactions (identity) where ended_at is null;
    create index on core.commands (device_id, connector_id, sequence) where command = 'set_power_limit';
    grant select on flux.market_data to voltspec_app;

    alter table ocpp.proxy_transactions add column meter_start_wh double precision;
    create table ocpp.proxy_queue (
      queue_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      identity text not null,
      action text not null,
      payload json not null,
      answer json not null,
      received_at timestamptz not null,
      attempts int not null default 0,
      claimed_until timestamptz
    );
    create index on ocpp.proxy_queue (identity, queue_id);
    grant select, insert, update, delete on ocpp.proxy_queue to voltspec_app;
    grant delete on ocpp.site_charging, ocpp.proxy_events to voltspec_app;
  `)
}
