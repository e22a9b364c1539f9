import { COUNTERS, MOMENTARY } from '../../migrations/0011_create_flux_functions.ts'

/**
 * The aggregation that one would write: window functions over the readings of the range and a sum per bucket. It takes
 * no reading beyond the range, no edge and no meter that was set back into account.
 */
export const PLAIN_READINGS_30M = `
  create function bench.plain_readings_30m(start_time timestamptz, end_time timestamptz, device_ids uuid[])
  returns table (time_b timestamptz, device_id uuid,
    ${MOMENTARY.map(name => `${name}_avg float8`).join(', ')}, ${COUNTERS.map(name => `${name}_min float8`).join(', ')},
    ${COUNTERS.map(name => `${name}_delta float8`).join(', ')})
  language sql stable as $$
    select date_bin('30 minutes', r.time, '2000-01-01Z'), r.device_id,
      ${MOMENTARY.map(name => `avg(r.${name})`).join(', ')}, ${COUNTERS.map(name => `min(r.${name})`).join(', ')},
      ${COUNTERS.map(name => `sum(greatest(0, r.${name}_step))`).join(', ')}
    from (
      select *, ${COUNTERS.map(name => `${name} - lag(${name}) over meter as ${name}_step`).join(', ')}
      from flux.mg_meter_readings m
      where m.time between start_time and end_time and (device_ids is null or m.device_id = any (device_ids))
      window meter as (partition by m.device_id order by m.time)
    ) r
    group by 1, 2 order by 1, 2
  $$;
  grant usage on schema bench to anon, authenticated, service_role;
  grant execute on all functions in schema bench to anon, authenticated, service_role`
