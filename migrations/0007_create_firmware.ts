import type { Knex } from 'knex'

/** Firmware versions are opaque text: which one is the latest is said by the catalogue, never computed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table core.firmware_versions (
      manufacturer text not null,
      model text not null,
      version text not null,
      is_latest boolean not null default false,
      created_at timestamptz not null default now(),
      primary key (manufacturer, model, version)
    );
    create unique index on core.firmware_versions (manufacturer, model) where is_latest;
    create table core.firmware_reports (
      report_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      device_id uuid not null references core.devices,
      firmware_version text not null,
      status text not null,
      progress_percent double precision,
      message text,
      received_at timestamptz not null default now()
    );
    create index on core.firmware_reports (tenant_id, received_at);
    create table core.configuration_profiles (
      profile_id uuid primary key default gen_random_uuid(),
      tenant_id uuid not null references core.tenants,
      name text not null,
      manufacturer text not null,
      model text not null,
      version text not null,
      settings jsonb not null default '{}',
      updated_at timestamptz not null default now()
    );
    create index on core.configuration_profiles (tenant_id);
    grant select, insert, update on core.firmware_versions, core.configuration_profiles to voltspec_app;
    grant select, insert on core.firmware_reports to voltspec_app;
  `)
}
