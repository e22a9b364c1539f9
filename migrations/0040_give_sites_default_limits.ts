import type { Knex } from 'knex'

/**
 * What a session may draw that has just begun at a site that shares its power: one default limit per station. Schedules
 * that stations follow are found when clocks change, and discharges when a vehicle has given enough.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table ocpp.charging_defaults (
      identity text primary key references ocpp.stations,
      tenant_id uuid not null,
      site_id text not null,
      told_kw double precision not null,
      -- The most that the station may hold by what it was told; null where it never took one.
      held_kw double precision,
      -- Why it did not take what it was told last.
      reason text,
      told_at timestamptz not null
    );
    create index on ocpp.charging_defaults (site_id);
    grant select, insert, update, delete on ocpp.charging_defaults to voltspec_app;

    create index on core.commands (device_id, connector_id, sequence) where command = 'set_schedule';
    create index on core.commands (device_id, connector_id, sequence) where command = 'discharge';
  `)
}
