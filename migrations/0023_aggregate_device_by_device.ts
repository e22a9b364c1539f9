import type { Knex } from 'knex'
import { COLUMNS, COUNTERS, counterAtEdge, energyOfBucket, MOMENTARY } from './0011_create_flux_functions.ts'

/**
 * The same buckets, read device by device: a plan that does not know the arguments then finds the readings of each by its
 * key, instead of looking through those of all devices.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace function flux.aggregate_meter_readings(
      width interval, start_time timestamptz, end_time timestamptz, device_ids uuid[])
    returns table (${COLUMNS}) language sql stable as $$
      with wanted as materialized (
        select start, start + (ceil(extract(epoch from end_time - start) / extract(epoch from width)))::int * width as stop
        from date_bin(width, start_time, timestamptz '2000-01-01Z') as start
        where flux.check_buckets(width, start_time, end_time)
      ), device as materialized (
        select unnest(device_ids) as device_id
        union
        select r.device_id from flux.mg_meter_readings r
        where device_ids is null and r.time >= (select start from wanted) and r.time < (select stop from wanted)
      ), bucket as materialized (
        select d.device_id, b.* from device d cross join lateral (
          select date_bin(width, r.time, timestamptz '2000-01-01Z') as time_b,
            ${MOMENTARY.map(name => `avg(r.${name}) as ${name}`).join(', ')},
            ${COUNTERS.map(name => `min(r.${name}) as ${name}_min, max(r.${name}) as ${name}_max`).join(', ')}
          from flux.mg_meter_readings r
          where r.device_id = d.device_id
            and r.time >= (select start from wanted) and r.time < (select stop from wanted)
          group by date_bin(width, r.time, timestamptz '2000-01-01Z')) b
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
  `)
}
