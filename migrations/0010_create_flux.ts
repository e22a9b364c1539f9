import type { Knex } from 'knex'

/**
 * Battery, meter and market time series. Whoever calls acts as one of three database roles, and may do what that role
 * may do; the names are those that Supabase made common, so on its databases they exist already. Readings are
 * partitioned by month. Rows outside of the months that are there go into the default partition and stay there: moved
 * rows would look like deleted ones to everybody who listens.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    do $$ declare name text; begin
      foreach name in array array['anon', 'authenticated', 'service_role'] loop
        begin
          execute format('create role %I nologin', name);
        exception when duplicate_object or unique_violation then null;
        end;
      end loop;
    end $$;
    grant anon, authenticated, service_role to current_user;
    create schema flux;

    create table flux.mg_bess_readings (
      id uuid not null default gen_random_uuid(),
      time timestamptz not null,
      device_id uuid not null,
      soe double precision,
      target_power double precision,
      available_inverter_blocks smallint,
      command_source smallint,
      created_at timestamptz not null default now(),
      primary key (device_id, time),
      constraint mg_bess_readings_time_check check (time >= '1970-01-01Z' and time < '10000-01-01Z'),
      constraint mg_bess_readings_finite_check check (abs(coalesce(soe, 0) + coalesce(target_power, 0)) < 'infinity')
    ) partition by range (time);
    create index on flux.mg_bess_readings (time desc);
    create table flux.mg_bess_readings_default partition of flux.mg_bess_readings default;
    create unique index on flux.mg_bess_readings_default (id);

    create table flux.mg_meter_readings (
      id uuid not null default gen_random_uuid(),
      time timestamptz not null,
      device_id uuid not null,
      ${MEASURES.map(name => `${name} double precision`).join(', ')},
      created_at timestamptz not null default now(),
      primary key (device_id, time),
      constraint mg_meter_readings_time_check check (time >= '1970-01-01Z' and time < '10000-01-01Z'),
      constraint mg_meter_readings_finite_check
        check (abs(${MEASURES.map(name => `coalesce(${name}, 0)`).join(' + ')}) < 'infinity')
    ) partition by range (time);
    create index on flux.mg_meter_readings (time desc);
    create table flux.mg_meter_readings_default partition of flux.mg_meter_readings default;
    create unique index on flux.mg_meter_readings_default (id);

    create table flux.market_data (
      id uuid primary key default gen_random_uuid(),
      time timestamptz not null,
      type integer not null,
      value double precision not null,
      metadata jsonb,
      created_at timestamptz not null default now(),
      constraint market_data_time_check check (time >= '1970-01-01Z' and time < '10000-01-01Z'),
      constraint market_data_finite_check check (abs(value) < 'infinity')
    );
    create index on flux.market_data (type, time desc);
    create index on flux.market_data (time desc);

    create table flux.mg_device_registry (
      id uuid primary key default gen_random_uuid(),
      name text not null,
      type text not null,
      site text not null,
      metadata jsonb,
      active boolean not null default true,
      created_at timestamptz not null default now()
    );
    create index on flux.mg_device_registry (site, type);

    create function flux.ensure_partitions(first_month date, last_month date) returns int
    language plpgsql security definer set search_path = pg_catalog, flux as $$
    declare
      parent text;
      month timestamptz;
      name text;
      occupied boolean;
      made int := 0;
    begin
      perform pg_advisory_xact_lock(hashtext('flux.ensure_partitions'));
      foreach parent in array array['mg_bess_readings', 'mg_meter_readings'] loop
        for month in select m at time zone 'UTC' from generate_series(
          date_trunc('month', first_month::timestamp), last_month::timestamp, interval '1 month') as m
        loop
          name := parent || '_' || to_char(month at time zone 'UTC', 'YYYYMM');
          continue when to_regclass('flux.' || name) is not null;
          execute format('select exists (select from flux.%I where time >= $1 and time < $2)', parent || '_default')
            into occupied using month, ((month at time zone 'UTC') + interval '1 month') at time zone 'UTC';
          continue when occupied;
          execute format('create table flux.%I (like flux.%I including all)', name, parent);
          execute format('create unique index on flux.%I (id)', name);
          execute format('alter table flux.%I attach partition flux.%I for values from (%L) to (%L)', parent, name,
            month, ((month at time zone 'UTC') + interval '1 month') at time zone 'UTC');
          made := made + 1;
        end loop;
      end loop;
      return made;
    end $$;
    revoke all on function flux.ensure_partitions from public;

    grant usage on schema flux to anon, authenticated, service_role, voltspec_app;
    grant execute on function flux.ensure_partitions to voltspec_app;
    grant select on all tables in schema flux to anon, authenticated, service_role;
    grant insert on all tables in schema flux to authenticated, service_role;
    grant update, delete on all tables in schema flux to service_role;
    alter publication voltspec add table
      flux.mg_bess_readings, flux.mg_meter_readings, flux.market_data, flux.mg_device_registry;
  `)
}

/** Momentary measures, then energy counters. */
const MEASURES = [
  'frequency',
  'voltage_line_average',
  'current_phase_a',
  'current_phase_b',
  'current_phase_c',
  'current_phase_average',
  'power_phase_a_active',
  'power_phase_b_active',
  'power_phase_c_active',
  'power_total_active',
  'power_total_reactive',
  'power_total_apparent',
  'power_factor_total',
  'energy_imported_active',
  'energy_exported_active',
  'energy_imported_phase_a_active',
  'energy_exported_phase_a_active',
  'energy_imported_phase_b_active',
  'energy_exported_phase_b_active',
  'energy_imported_phase_c_active',
  'energy_exported_phase_c_active',
  'energy_imported_reactive',
  'energy_exported_reactive',
  'energy_imported_apparent',
  'energy_exported_apparent',
]
