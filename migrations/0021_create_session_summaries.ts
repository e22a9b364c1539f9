import type { Knex } from 'knex'

/**
 * The last tier: what a session was on each of its days. Minutes become summaries and are dropped in one transaction,
 * for a day's partition as for the minutes of samples that came too late for one. What belongs to no session ends here.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table telemetry.session_summaries (
      record_id text not null references core.charging_records,
      started_at timestamptz not null,
      ended_at timestamptz not null,
      voltage_v double precision not null,
      current_a double precision not null,
      power_kw double precision not null,
      energy_delivered_kwh double precision not null,
      soc_percent double precision not null,
      temperature_c double precision,
      samples int not null,
      day date not null,
      tenant_id uuid not null,
      state text not null,
      faults jsonb,
      primary key (record_id, day)
    );

    create function telemetry.summarize_day(day date) returns bigint
    language plpgsql security definer set search_path = pg_catalog, telemetry, pg_temp set lock_timeout = '2s' as $$
    declare
      partition text := 'minutes_' || to_char(day, 'YYYYMMDD');
      summarized bigint;
    begin
      perform telemetry.lock_archive();
      if to_regclass('telemetry.' || partition) is null then
        return 0;
      end if;
      if day >= (now() at time zone 'UTC')::date
        or to_regclass('telemetry.readings_' || to_char(day, 'YYYYMMDD')) is not null then
        raise 'the day % still has readings', day;
      end if;
      execute format($query$${summaryOf('telemetry.%I')}$query$, partition);
      get diagnostics summarized = row_count;
      execute format('drop table telemetry.%I', partition);
      return summarized;
    end $$;

    create function telemetry.summarize_late_minutes(before timestamptz, most int) returns int
    language plpgsql security definer set search_path = pg_catalog, telemetry, pg_temp as $$
    declare
      gone int;
    begin
      perform telemetry.lock_archive();
      create temporary table late_minutes on commit drop as
        select * from telemetry.minutes_default m where m.time < before limit most;
      ${summaryOf('pg_temp.late_minutes')};
      delete from telemetry.minutes_default m using pg_temp.late_minutes l
      where (m.device_id, m.connector_id, m.time) = (l.device_id, l.connector_id, l.time);
      get diagnostics gone = row_count;
      return gone;
    end $$;

    grant select on telemetry.session_summaries to voltspec_app;
    revoke all on function telemetry.summarize_day, telemetry.summarize_late_minutes from public;
    grant execute on function telemetry.summarize_day, telemetry.summarize_late_minutes to voltspec_app;
  `)
}

/**
 * Writes the summaries of minutes, or adds the minutes to those that there are. A fault that lasts from one minute into
 * the next counts once.
 */
const summaryOf = (source: string) => `
  insert into telemetry.session_summaries as s (tenant_id, record_id, day, started_at, ended_at, samples, state,
    voltage_v, current_a, power_kw, energy_delivered_kwh, soc_percent, temperature_c, faults)
  select tenant_id, record_id, day, greatest(min(time), min(start_time)),
    least(max(time) + interval '1 minute', max(end_time)), sum(samples), mode() within group (order by state),
    ${['voltage_v', 'current_a', 'power_kw'].map(column => `sum(${column} * samples) / sum(samples)`).join(', ')},
    max(energy_delivered_kwh), sum(soc_percent * samples) / sum(samples),
    sum(temperature_c * samples) / sum(samples) filter (where temperature_c is not null),
    jsonb_agg(jsonb_build_object('code', fault_code, 'at', fault_at) order by time) filter (where is_new)
  from (
    select m.*, c.record_id, c.start_time, c.end_time, (m.time at time zone 'UTC')::date as day,
      m.fault_at is not null and (coalesce(m.fault_code, ''), m.time - interval '1 minute') is distinct from
        lag((case when m.fault_at is not null then coalesce(m.fault_code, '') end, m.time)) over (partition by c.record_id order by m.time)
        as is_new
    from ${source} m
    join core.charging_records c on c.tenant_id = m.tenant_id and c.device_id = m.device_id
      and c.connector_id = m.connector_id and m.time > c.start_time - interval '1 minute' and m.time <= c.end_time
  ) minute
  group by tenant_id, record_id, day
  on conflict (record_id, day) do update set
    started_at = least(s.started_at, excluded.started_at),
    ended_at = greatest(s.ended_at, excluded.ended_at),
    ${['voltage_v', 'current_a', 'power_kw', 'soc_percent'].map(column => `${column} = ${weighted(column)}`).join(', ')},
    temperature_c = coalesce(${weighted('temperature_c')}, s.temperature_c, excluded.temperature_c),
    energy_delivered_kwh = greatest(s.energy_delivered_kwh, excluded.energy_delivered_kwh),
    faults = coalesce(s.faults || excluded.faults, s.faults, excluded.faults),
    samples = s.samples + excluded.samples`

const weighted = (column: string) =>
  `(s.${column} * s.samples + excluded.${column} * excluded.samples) / (s.samples + excluded.samples)`
