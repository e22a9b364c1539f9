import type { Knex } from 'knex'

/**
 * What is known of a charger's OCPP connection to a central system, and how many messages came in each minute. A charger
 * that speaks no OCPP has no row.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table core.ocpp_links (
      device_id uuid primary key references core.devices,
      subprotocol text not null,
      negotiated_features text[] not null,
      connected_host text,
      connected_ws_port int,
      connected_web_port int,
      enable_connection boolean,
      last_message_at timestamptz
    );
    create table core.ocpp_message_counts (
      device_id uuid not null references core.ocpp_links,
      minute timestamptz not null,
      messages int not null,
      primary key (device_id, minute)
    );
    grant select, insert, update on core.ocpp_links to voltspec_app;
    grant select, insert, update, delete on core.ocpp_message_counts to voltspec_app;
  `)
}
