import type { Knex } from 'knex'

/**
 * Averages, minima and energy per bucket of 5 and 30 minutes.
 *
 * The energy of a bucket is the difference of the counter at its two edges, where the counter at an edge is
 * interpolated between the nearest readings on both sides; before the first and after the last reading of a device
 * there is nothing to interpolate, and the nearest one counts. A counter that leaves the range between its values at
 * the edges has been set back, and what it counted is added up from reading to reading, a fall counting from zero.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function flux.energy_between(counter text, device uuid, first_edge timestamptz, last_edge timestamptz)
    returns double precision language plpgsql stable as $$
    declare
      energy double precision;
    begin
      -- Each step between two readings counts for the part of it that lies between the edges.
      execute format($query$
        with reading as (
          (select time, %1$I as value from flux.mg_meter_readings
           where device_id = $1 and time <= $2 and %1$I is not null order by time desc limit 1)
          union
          select time, %1$I from flux.mg_meter_readings
          where device_id = $1 and time > $2 and time < $3 and %1$I is not null
          union
          (select time, %1$I from flux.mg_meter_readings
           where device_id = $1 and time >= $3 and %1$I is not null order by time limit 1)
        ), step as (
          select lag(time) over (order by time) as since, time as until, lag(value) over (order by time) as low, value as high
          from reading
        )
        select sum((case when high >= low then high - low else high end)
          * extract(epoch from least(until, $3) - greatest(since, $2))::float8 / extract(epoch from until - since)::float8)
        from step where since is not null and until > $2 and since < $3
      $query$, counter) into energy using device, first_edge, last_edge;
      return energy;
    end $$;

    create function flux.check_buckets(width interval, start_time timestamptz, end_time timestamptz) returns boolean
    language plpgsql immutable as $$
    begin
      if not isfinite(start_time) or not isfinite(end_time) or end_time - start_time > width * 100000 then
        raise invalid_parameter_value using message = 'the range from start_time to end_time has more than 100000 buckets';
      end if;
      return start_time < end_time;
    end $$;

    create function flux.aggregate_meter_readings(
      width interval, start_time timestamptz, end_time timestamptz, device_ids uuid[])
    returns table (${COLUMNS}) language sql stable as $$
      with wanted as materialized (
        select start, start + (ceil(extract(epoch from end_time - start) / extract(epoch from width)))::int * width as stop
        from date_bin(width, start_time, timestamptz '2000-01-01Z') as start
        where flux.check_buckets(width, start_time, end_time)
      ), bucket as materialized (
        select r.device_id, date_bin(width, r.time, timestamptz '2000-01-01Z') as time_b,
          ${MOMENTARY.map(name => `avg(r.${name}) as ${name}`).join(', ')},
          ${COUNTERS.map(name => `min(r.${name}) as ${name}_min, max(r.${name}) as ${name}_max`).join(', ')}
        from flux.mg_meter_readings r
        where r.time >= (select start from wanted) and r.time < (select stop from wanted)
          and (device_ids is null or r.device_id = any (device_ids))
        group by r.device_id, date_bin(width, r.time, timestamptz '2000-01-01Z')
      ), device as (
        select distinct device_id from bucket where device_ids is null
        union
        select unnest(device_ids)
      ), edge as materialized (
        select d.device_id, e.time, p.time is not null as before, n.time is not null as after,
          ${COUNTERS.map(counterAtEdge).join(',\n          ')}
        from device d
        cross join (select generate_series(start, stop, width) as time from wanted) e
        left join lateral (
          select r.* from flux.mg_meter_readings r
          where r.device_id = d.device_id and r.time <= e.time order by r.time desc limit 1) p on true
        left join lateral (
          select r.* from flux.mg_meter_readings r
          where r.device_id = d.device_id and r.time >= e.time order by r.time limit 1) n on true
      )
      select a.time, a.device_id,
        ${MOMENTARY.map(name => `b.${name}`).join(', ')},
        ${COUNTERS.map(name => `b.${name}_min`).join(', ')},
        ${COUNTERS.map(energyOfBucket).join(',\n        ')}
      from edge a
      join edge z on z.device_id = a.device_id and z.time = a.time + width
      left join bucket b on b.device_id = a.device_id and b.time_b = a.time
      where b.device_id is not null or (a.before and z.after)
      order by a.time, a.device_id
    $$;

    create function flux.get_meter_readings_5m(
      start_time timestamptz default now() - interval '24 hours', end_time timestamptz default now(),
      device_ids uuid[] default null)
    returns table (${COLUMNS}) language sql stable as
    $$ select * from flux.aggregate_meter_readings(interval '5 minutes', start_time, end_time, device_ids) $$;

    create function flux.get_meter_readings_30m(
      start_time timestamptz default now() - interval '24 hours', end_time timestamptz default now(),
      device_ids uuid[] default null)
    returns table (${COLUMNS}) language sql stable as
    $$ select * from flux.aggregate_meter_readings(interval '30 minutes', start_time, end_time, device_ids) $$;

    revoke all on all functions in schema flux from public;
    grant execute on function flux.energy_between, flux.check_buckets, flux.aggregate_meter_readings,
      flux.get_meter_readings_5m, flux.get_meter_readings_30m to anon, authenticated, service_role;
    grant execute on function flux.ensure_partitions to voltspec_app;
  `)
}

export const MOMENTARY = [
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
]

export const COUNTERS = [
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

export const COLUMNS = [
  'time_b timestamptz',
  'device_id uuid',
  ...MOMENTARY.map(name => `${name}_avg double precision`),
  ...COUNTERS.map(name => `${name}_min double precision`),
  ...COUNTERS.map(name => `${name}_delta double precision`),
].join(', ')

/** Null where a counter fell between the two readings: then nobody knows what it showed in between. */
export function counterAtEdge(name: string): string {
  const share = `extract(epoch from e.time - p.time)::float8 / extract(epoch from n.time - p.time)::float8`
  return `case when p.time is null then n.${name} when n.time is null or n.time = p.time then p.${name}
            when n.${name} >= p.${name} then p.${name} + (n.${name} - p.${name}) * ${share} end as ${name}`
}

export function energyOfBucket(name: string): string {
  return `case when a.${name} <= coalesce(b.${name}_min, z.${name}) and z.${name} >= coalesce(b.${name}_max, a.${name})
            then z.${name} - a.${name}
          when b.${name}_min is not null or (a.before and z.after and b.device_id is null)
            then flux.energy_between('${name}', a.device_id, a.time, z.time) end`
}
