import type { Knex } from 'knex'

/**
 * Telemetry lives in three tiers: readings as they came, means of minutes, and a summary per session and day. All that
 * moves it from one to the next are functions of the owner, so that the application role can drop a partition only by
 * having its next tier written. A day of readings goes in three steps, each a transaction:
 *
 * 1. `compact_readings` writes the day's minutes. From its commit on they are what is read (`compacted_until`).
 * 2. `detach_readings` takes the partition out of the table, so that nothing can be added to it any more.
 * 3. `settle_readings` writes the minutes again if samples arrived between 1 and 2, and drops the partition.
 *
 * A sample that comes later than that falls into the default partition, is read there, and is merged into its minute by
 * `compact_late_readings`. Minutes leave as summaries in one transaction per day, since nobody else writes them.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table telemetry.minutes (
      time timestamptz not null,
      voltage_v double precision not null,
      current_a double precision not null,
      power_kw double precision not null,
      energy_delivered_kwh double precision not null,
      soc_percent double precision not null,
      temperature_c double precision,
      fault_at timestamptz,
      component_health_at timestamptz,
      connector_id int not null,
      samples int not null,
      device_id uuid not null,
      tenant_id uuid not null,
      state text not null,
      fault_code text,
      component_health jsonb,
      primary key (device_id, connector_id, time)
    ) partition by range (time);
    create table telemetry.minutes_default partition of telemetry.minutes default;

    create table telemetry.archive_state (
      one boolean primary key default true check (one),
      compacted_until timestamptz not null
    );
    insert into telemetry.archive_state (compacted_until) values ('-infinity');

    create function telemetry.lock_archive() returns void language sql set search_path = pg_catalog as
    $$ select pg_advisory_xact_lock(hashtext('telemetry.archive')) $$;

    create function telemetry.compact_readings(day date) returns bigint
    language plpgsql security definer set search_path = pg_catalog, telemetry, pg_temp set work_mem = '64MB' as $$
    declare
      partition text := 'readings_' || to_char(day, 'YYYYMMDD');
      target text := 'minutes_' || to_char(day, 'YYYYMMDD');
      compacted bigint;
    begin
      perform telemetry.lock_archive();
      if day >= (now() at time zone 'UTC')::date then
        raise 'the day % is not over', day;
      end if;
      if to_regclass('telemetry.' || partition) is null or to_regclass('telemetry.' || target) is not null then
        return 0;
      end if;
      execute format('create table telemetry.%I (like telemetry.minutes including all)', target);
      execute format($query$insert into telemetry.%I (${COLUMNS}) ${MINUTES_OF_PARTITION}$query$,
        target, partition, partition, partition);
      execute format('select coalesce(sum(samples), 0) from telemetry.%I', target) into compacted;
      execute format('alter table telemetry.minutes attach partition telemetry.%I for values from (%L) to (%L)',
        target, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
      update telemetry.archive_state
      set compacted_until = greatest(compacted_until, (day + 1)::timestamp at time zone 'UTC');
      return compacted;
    end $$;

    create function telemetry.detach_readings(day date) returns boolean
    language plpgsql security definer set search_path = pg_catalog, telemetry, pg_temp set lock_timeout = '2s' as $$
    declare
      partition regclass := to_regclass('telemetry.readings_' || to_char(day, 'YYYYMMDD'));
    begin
      perform telemetry.lock_archive();
      if to_regclass('telemetry.minutes_' || to_char(day, 'YYYYMMDD')) is null then
        raise 'the day % has no minutes yet', day;
      end if;
      if not exists (select from pg_inherits where inhrelid = partition) then
        return false;
      end if;
      execute format('alter table telemetry.readings detach partition %s', partition);
      return true;
    end $$;

    create function telemetry.settle_readings(day date) returns bigint
    language plpgsql security definer set search_path = pg_catalog, telemetry, pg_temp set work_mem = '64MB' as $$
    declare
      partition text := 'readings_' || to_char(day, 'YYYYMMDD');
      target text := 'minutes_' || to_char(day, 'YYYYMMDD');
      late bigint;
    begin
      perform telemetry.lock_archive();
      if to_regclass('telemetry.' || partition) is null then
        return 0;
      end if;
      if to_regclass('telemetry.' || target) is null
        or exists (select from pg_inherits where inhrelid = to_regclass('telemetry.' || partition)) then
        raise 'the day % is not detached', day;
      end if;
      execute format('select (select count(*) from telemetry.%I) - (select coalesce(sum(samples), 0) from telemetry.%I)',
        partition, target) into late;
      if late <> 0 then
        execute format('delete from telemetry.%I', target);
        execute format($query$insert into telemetry.%I (${COLUMNS}) ${MINUTES_OF_PARTITION}$query$,
          target, partition, partition, partition);
      end if;
      execute format('drop table telemetry.%I', partition);
      return late;
    end $$;

    create function telemetry.compact_late_readings(most int) returns int
    language plpgsql security definer set search_path = pg_catalog, telemetry, pg_temp set work_mem = '64MB' as $$
    declare
      merged int;
    begin
      perform telemetry.lock_archive();
      -- Minutes that are to be written again from a detached partition would forget what is merged into them now.
      if exists (select from pg_class where relnamespace = 'telemetry'::regnamespace and relkind = 'r'
          and relname ~ '^readings_\\d{8}$' and not relispartition) then
        return 0;
      end if;
      with moved as (
        delete from telemetry.readings_default where ctid = any (array(
          select ctid from telemetry.readings_default
          where time < (select compacted_until from telemetry.archive_state) limit most))
        returning *
      ), minute as (
        ${MINUTES_OF_LATE}
      ), written as (
        insert into telemetry.minutes as m (${COLUMNS}) select ${COLUMNS} from minute
        on conflict (device_id, connector_id, time) do update set
          ${['voltage_v', 'current_a', 'power_kw', 'soc_percent'].map(column => `${column} = ${weighted(column)}`).join(', ')},
          temperature_c = coalesce(${weighted('temperature_c')}, m.temperature_c, excluded.temperature_c),
          energy_delivered_kwh = greatest(m.energy_delivered_kwh, excluded.energy_delivered_kwh),
          fault_code = coalesce(m.fault_code, excluded.fault_code),
          fault_at = least(m.fault_at, excluded.fault_at),
          component_health = case when excluded.component_health_at > coalesce(m.component_health_at, '-infinity')
            then excluded.component_health else m.component_health end,
          component_health_at = greatest(m.component_health_at, excluded.component_health_at),
          samples = m.samples + excluded.samples
      )
      select count(*) into merged from moved;
      return merged;
    end $$;

    create or replace function telemetry.ensure_partitions(first_day date, last_day date) returns int
    language plpgsql security definer set search_path = pg_catalog, telemetry as $$
    declare
      day date := first_day;
      name text;
      made int := 0;
    begin
      perform pg_advisory_xact_lock(hashtext('telemetry.ensure_partitions'));
      perform telemetry.lock_archive();
      while day <= last_day loop
        name := 'readings_' || to_char(day, 'YYYYMMDD');
        -- What is compacted stays so: samples of such a day are late.
        if to_regclass('telemetry.' || name) is null
          and day::timestamp at time zone 'UTC' >= (select compacted_until from telemetry.archive_state) then
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

    grant select on telemetry.minutes, telemetry.archive_state to voltspec_app;
    revoke all on function telemetry.lock_archive, telemetry.compact_readings, telemetry.detach_readings,
      telemetry.settle_readings, telemetry.compact_late_readings from public;
    grant execute on function telemetry.compact_readings, telemetry.detach_readings, telemetry.settle_readings,
      telemetry.compact_late_readings to voltspec_app;
  `)
}

const COLUMNS = `tenant_id, device_id, connector_id, time, samples, state, voltage_v, current_a, power_kw,
  energy_delivered_kwh, soc_percent, temperature_c, fault_code, fault_at, component_health, component_health_at`

/** Means, and which samples of a minute say what has none. */
const meansOf = (source: string) => `
  select device_id, connector_id, date_bin('1 minute', time, '2000-01-01Z') as minute, count(*)::int as samples,
    avg(voltage_v) as voltage_v, avg(current_a) as current_a, avg(power_kw) as power_kw,
    avg(soc_percent) as soc_percent, avg(temperature_c) as temperature_c, min(fault_code) as fault_code,
    min(time) filter (where state = 'fault' or fault_code is not null) as fault_at,
    max(time) filter (where component_health is not null) as health_at, max(time) as last_at
  from ${source} group by 1, 2, 3`

const MINUTE = `l.tenant_id, a.device_id, a.connector_id, a.minute as time, a.samples, l.state, a.voltage_v, a.current_a,
  a.power_kw, l.energy_delivered_kwh, a.soc_percent, a.temperature_c, a.fault_code, a.fault_at,
  coalesce(h.component_health, l.component_health) as component_health, a.health_at as component_health_at`

/**
 * The minutes of a partition. The few samples that are wanted beside the means are looked up by their key, since a hash
 * of the whole day would not fit into memory. In the order of the key, because so they are read.
 */
const MINUTES_OF_PARTITION = `
  select ${MINUTE}
  from (${meansOf('telemetry.%I')} order by 1, 2, 3) a
  cross join lateral (
    select r.* from telemetry.%I r
    where r.device_id = a.device_id and r.connector_id = a.connector_id and r.time = a.last_at
    offset 0
  ) l
  left join lateral (
    select r.component_health from telemetry.%I r
    where a.health_at <> a.last_at and r.device_id = a.device_id and r.connector_id = a.connector_id
      and r.time = a.health_at
    offset 0
  ) h on true`

/** The minutes of a few rows without an index. */
const MINUTES_OF_LATE = `
  select ${MINUTE}
  from (${meansOf('moved')}) a
  join moved l on l.device_id = a.device_id and l.connector_id = a.connector_id and l.time = a.last_at
  left join moved h on h.device_id = a.device_id and h.connector_id = a.connector_id and h.time = a.health_at`

/** The mean of a column over the samples of both rows. */
const weighted = (column: string) =>
  `(m.${column} * m.samples + excluded.${column} * excluded.samples) / (m.samples + excluded.samples)`
