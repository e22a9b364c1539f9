import type { Knex } from 'knex'

/** Charging records never change: the application role may insert and read them, nothing else. Sums are exact (numeric). */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table core.charging_records (
      record_id text primary key,
      tenant_id uuid not null references core.tenants,
      device_id uuid not null references core.devices,
      site_id text,
      connector_id int not null,
      start_time timestamptz not null,
      end_time timestamptz not null,
      energy_kwh numeric not null,
      discharge_energy_kwh numeric not null default 0,
      max_power_kw double precision not null,
      avg_power_kw double precision,
      meter_start_kwh double precision,
      meter_end_kwh double precision,
      cost numeric not null,
      currency char(3) not null,
      stop_reason text not null,
      vehicle_info jsonb,
      created_at timestamptz not null default now()
    );
    create index on core.charging_records (tenant_id, start_time, record_id);
    create index on core.charging_records (device_id, start_time);
    create index on core.charging_records (tenant_id, created_at);
    grant select, insert on core.charging_records to voltspec_app;
  `)
}
