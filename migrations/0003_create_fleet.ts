import type { Knex } from 'knex'

/**
 * Sites, the model catalogue, chargers, connectors with their live state, and access tokens.
 * `connectors.state_at` is the time of the newest report that moved the live state, so an older one never moves it back.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table core.sites (
      site_id text primary key,
      tenant_id uuid not null references core.tenants,
      operator_id text references core.operators,
      name text not null,
      address text not null,
      postcode text not null,
      latitude_deg double precision not null,
      longitude_deg double precision not null,
      power_capacity_kw double precision not null,
      time_zone text not null default 'UTC',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index on core.sites (tenant_id, name, site_id);
    create table core.device_models (
      manufacturer text not null,
      model text not null,
      current_type text not null check (current_type in ('AC', 'DC')),
      connector_count int not null,
      connector_types text[] not null,
      max_power_kw double precision not null,
      max_discharge_power_kw double precision,
      primary key (manufacturer, model)
    );
    create table core.devices (
      device_id uuid primary key default gen_random_uuid(),
      tenant_id uuid not null references core.tenants,
      site_id text references core.sites,
      sn text not null unique,
      manufacturer text not null,
      model text not null,
      firmware_version text not null,
      mac text,
      secret_hash bytea not null,
      secret_reset_at timestamptz,
      last_heartbeat_at timestamptz,
      heartbeat_status text,
      fault_code text,
      created_at timestamptz not null default now()
    ) with (fillfactor = 80);
    create index on core.devices (tenant_id, sn);
    create index on core.devices (site_id);
    create table core.connectors (
      device_id uuid not null references core.devices,
      connector_id int not null,
      state text not null default 'idle',
      vehicle_connected boolean,
      power_kw double precision,
      voltage_v double precision,
      current_a double precision,
      energy_delivered_kwh double precision,
      soc_percent double precision,
      temperature_c double precision,
      fault_code text,
      telemetry_at timestamptz,
      state_at timestamptz,
      primary key (device_id, connector_id)
    ) with (fillfactor = 70);
    create table core.access_tokens (
      token_hash bytea primary key,
      tenant_id uuid not null references core.tenants,
      device_id uuid references core.devices,
      client_id text references core.clients,
      scopes text[] not null default '{}',
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      revoked_at timestamptz,
      check ((device_id is null) <> (client_id is null))
    );
    create index on core.access_tokens (device_id) where revoked_at is null;
    create index on core.access_tokens (expires_at);
    grant select, insert, update on core.sites, core.device_models, core.devices, core.connectors to voltspec_app;
    grant select, insert, update, delete on core.access_tokens to voltspec_app;
  `)
}
