import type { Knex } from 'knex'
import { type Fault, type FaultySamples, faultsOf } from '../archive/faults.ts'
import type { Window } from '../archive/sessionWindow.ts'
import { faultCode } from '../charger/telemetry.ts'
import { invalid } from '../errors.ts'
import { IS_RAW } from './archive.ts'
import { instant } from './instant.ts'

export interface Segment {
  tier: 'raw' | 'minute' | 'summary'
  resolution_seconds: number | null
  from: string
  to: string
}

export interface SessionTelemetry {
  /** JSON objects, one per line. */
  samples: string
  faults: Fault[]
  segments: Segment[]
}

/** The most samples of one answer, some 30 MB: a day and a half of one sample per second. */
const MOST = 130_000

const optional = (name: string, column: string, value = column) =>
  `case when ${column} is not null then concat(',"${name}":', ${value}) end`

/** A measured value, which is null and so adds nothing where it is not known. */
const measured = (name: string, column: string) => `',"${name}":'::text || ${column}`

/** A sample under the contract's names. `concat` costs a third of what building the JSON by function would. */
const LINE = `concat(
  '{"timestamp":"', ${instant('time')}, '","connector_id":', connector_id, ',"state":"', state, '"',
  ${measured('voltage', 'voltage_v')}, ${measured('current', 'current_a')}, ',"power":', power_kw,
  ',"energy_delivered":', energy_delivered_kwh, ${measured('soc', 'soc_percent')},
  ${measured('temperature', 'temperature_c')},
  ${optional('fault_code', 'fault_code', 'to_json(fault_code)')},
  ${optional('phase_details', 'phase_details')},
  ${optional('component_health', 'component_health')}, '}')`

/**
 * One statement, so that no job can move a sample from one tier to the next between two looks. Times are constants of
 * the statement, so only the partitions of the session are looked into. Most sessions have no fault, and their samples
 * are not numbered.
 */
const READ = `
  with sample as materialized (
    select 'raw' as tier, time, time as until, connector_id, state, voltage_v, current_a, power_kw,
      energy_delivered_kwh, soc_percent, temperature_c, fault_code, phase_details, component_health,
      case when state = 'fault' or fault_code is not null then time end as fault_at
    from telemetry.readings
    where tenant_id = :tenant and device_id = :device and connector_id = :connector
      and time >= :first and time <= :last and ${IS_RAW}
    union all
    select 'minute', greatest(time, :first), least(time + interval '1 minute', :last), connector_id, state, voltage_v,
      current_a, power_kw, energy_delivered_kwh, soc_percent, temperature_c, fault_code, null, component_health, fault_at
    from telemetry.minutes
    where tenant_id = :tenant and device_id = :device and connector_id = :connector
      and time > :first::timestamptz - interval '1 minute' and time <= :last
    union all
    select 'summary', greatest(started_at, :first), least(ended_at, :last), :connector, state, voltage_v, current_a,
      power_kw, energy_delivered_kwh, soc_percent, temperature_c, null, null, null, null
    from telemetry.session_summaries
    where tenant_id = :tenant and record_id = :record and started_at <= :last and ended_at >= :first
    order by time
    limit ${MOST + 1}
  ), spaced as (
    select tier, time, until, time - lag(time) over (partition by tier order by time) as distance from sample
  ), placed as (
    select fault_code, fault_at, row_number() over in_order as place, lag(time) over in_order as before
    from sample where exists (select from sample where fault_at is not null)
    window in_order as (order by time)
  ), faulty as (
    select fault_code, fault_at, before,
      place - row_number() over (partition by fault_code order by place) as run
    from placed where fault_at is not null
  )
  select
    (select count(*)::int from sample) as total,
    (select coalesce(string_agg(${LINE}, E'\\n' order by time), '') from sample) as samples,
    (select coalesce(json_agg(segment order by "from"), '[]') from (
      select tier, ${instant('min(time)')} as "from", ${instant('max(until)')} as "to",
        case tier when 'minute' then 60 when 'summary' then extract(epoch from max(until - time))::float8
        else extract(epoch from percentile_disc(0.5) within group (order by distance))::float8 end as resolution_seconds
      from spaced group by tier) segment) as segments,
    (select coalesce(json_agg(run order by "from"), '[]') from (
      select fault_code as code, ${instant('min(before)')} as before, ${instant('min(fault_at)')} as "from",
        ${instant('max(fault_at)')} as "to"
      from faulty group by fault_code, run
      union all
      select fault->>'code', null, ${instant("(fault->>'at')::timestamptz")}, ${instant("(fault->>'at')::timestamptz")}
      from telemetry.session_summaries, jsonb_array_elements(faults) as fault
      where tenant_id = :tenant and record_id = :record
        and (fault->>'at')::timestamptz >= :first and (fault->>'at')::timestamptz <= :last) run) as faulty`

interface Row {
  total: number
  samples: string
  segments: Segment[]
  faulty: FaultySamples[]
}

interface Session {
  record_id: string
  device_id: string
  connector_id: number
}

/**
 * What a connector reported in a window of time.
 *
 * @throws invalid for more samples than one answer may have
 */
export async function read(
  db: Knex,
  tenantId: string,
  { record_id, device_id, connector_id }: Session,
  window: Window,
): Promise<SessionTelemetry> {
  const bindings = { tenant: tenantId, record: record_id, device: device_id, connector: connector_id, ...window }
  const [{ rows }, events] = await Promise.all([db.raw<{ rows: Row[] }>(READ, bindings), readFaultEvents(db, bindings)])
  const { total, samples, segments, faulty } = rows[0]!
  if (total > MOST) throw invalid('to', `there are more than ${MOST} samples; ask for a part with from and to`)
  return { samples, segments, faults: faultsOf(faulty, events) }
}

async function readFaultEvents(
  db: Knex,
  bindings: { tenant: string; device: string; connector: number; first: Date; last: Date },
) {
  const { rows } = await db.raw<{ rows: { time: string; code: number | string | null }[] }>(
    `select ${instant('time')} as time, data->'fault_code' as code from telemetry.device_events
     where tenant_id = :tenant and device_id = :device and connector_id = :connector and event_type = 'fault'
       and time >= :first and time <= :last
     order by time`,
    bindings,
  )
  return rows.map(({ time, code }) => {
    const text = faultCode(code ?? undefined)
    return { time, code: text, cleared: code !== null && text === null }
  })
}
