import type { Knex } from 'knex'

/**
 * Samples are partitioned by day, so that retention drops partitions. The tenant stands on every row because the feed
 * routes a row without asking the database again. `ensure_partitions` runs with its owner's rights: the application
 * role may not create tables. Rows that fell into the default partition move into a new one that covers their day.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table telemetry.readings (
      tenant_id uuid not null,
      device_id uuid not null,
      connector_id int not null,
      time timestamptz not null,
      state text not null,
      voltage_v double precision not null,
      current_a double precision not null,
      power_kw double precision not null,
      energy_delivered_kwh double precision not null,
      soc_percent double precision not null,
      temperature_c double precision,
      fault_code text,
      phase_details jsonb,
      received_at timestamptz not null default now(),
      primary key (device_id, connector_id, time)
    ) partition by range (time);
    create table telemetry.readings_default partition of telemetry.readings default;

    create function telemetry.ensure_partitions(first_day date, last_day date) returns int
    language plpgsql security definer set search_path = pg_catalog, telemetry as $$
    declare
      day date := first_day;
      name text;
      made int := 0;
    begin
      perform pg_advisory_xact_lock(hashtext('telemetry.ensure_partitions'));
      while day <= last_day loop
        name := 'readings_' || to_char(day, 'YYYYMMDD');
        if to_regclass('telemetry.' || name) is null then
          execute format('create table telemetry.%I (like telemetry.readings including all)', name);
          execute format(
            'with moved as (delete from telemetry.readings_default where time >= %L and time < %L returning *)
             insert into telemetry.%I select * from moved',
            day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', name);
          execute format('alter table telemetry.readings attach partition telemetry.%I for values from (%L) to (%L)',
            name, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
          made := made + 1;
        end if;
        day := day + 1;
      end loop;
      return made;
    end $$;
    revoke all on function telemetry.ensure_partitions from public;
    grant execute on function telemetry.ensure_partitions to voltspec_app;

    create table telemetry.device_events (
      event_id bigint generated always as identity primary key,
      tenant_id uuid not null,
      device_id uuid not null references core.devices,
      connector_id int not null,
      event_type text not null,
      time timestamptz not null,
      data jsonb not null default '{}',
      received_at timestamptz not null default now()
    );
    create index on telemetry.device_events (device_id, time);
    create index on telemetry.device_events (tenant_id, received_at);
    grant select, insert on telemetry.readings, telemetry.device_events to voltspec_app;
  `)
}
