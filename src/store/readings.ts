import type pg from 'pg'
import { arrayLiteral, textArrayLiteral } from './arrayLiteral.ts'

/** One telemetry sample as it is stored. Time is cut to milliseconds. */
export interface Reading {
  tenantId: string
  deviceId: string
  connectorId: number
  time: Date
  state: string
  voltage: number | null
  current: number | null
  power: number
  energyDelivered: number
  soc: number | null
  temperature: number | null
  faultCode: string | null
  phaseDetails: string | null
  componentHealth: string | null
  /** False for a sample from the far future, which is kept but says nothing about now. */
  live: boolean
}

/** `stored`: new. `repeated`: the same sample was there. `conflicting`: another one has its key, and stays. */
export type Outcome = 'stored' | 'repeated' | 'conflicting'

const SAMPLE = `
  sample as (
    select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[], $5::text[], $6::float8[], $7::float8[],
      $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::text[], $13::jsonb[], $14::boolean[], $15::jsonb[])
    with ordinality as s (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
      energy_delivered_kwh, soc_percent, temperature_c, fault_code, phase_details, live, component_health, ordinal)
  )`

/** Keeps what is new of `sample`. Rows go in key order, so that two processes never wait for each other in a circle. */
export const INSERT_SAMPLES = `
    insert into telemetry.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
      energy_delivered_kwh, soc_percent, temperature_c, fault_code, phase_details, component_health)
    select tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
      energy_delivered_kwh, soc_percent, temperature_c, fault_code, phase_details, component_health
    from sample order by device_id, connector_id, time
    on conflict do nothing
    returning device_id, connector_id, time`

/** Moves the live state of the connectors whose newest sample is one that was `stored` now. */
export const MOVE_CONNECTORS = `
    insert into core.connectors as c (device_id, connector_id, state, vehicle_connected, power_kw, voltage_v, current_a,
      energy_delivered_kwh, soc_percent, temperature_c, fault_code, telemetry_at, state_at)
    select distinct on (device_id, connector_id) device_id, connector_id, state,
      case when state in ('charging', 'discharging') then true end, power_kw, voltage_v, current_a,
      energy_delivered_kwh, soc_percent, temperature_c, case when state = 'fault' then fault_code end, time, time
    from sample join stored using (device_id, connector_id, time)
    where live
    order by device_id, connector_id, time desc
    on conflict (device_id, connector_id) do update set
      state = excluded.state,
      vehicle_connected = coalesce(excluded.vehicle_connected, c.vehicle_connected),
      power_kw = excluded.power_kw,
      voltage_v = excluded.voltage_v,
      current_a = excluded.current_a,
      energy_delivered_kwh = excluded.energy_delivered_kwh,
      soc_percent = excluded.soc_percent,
      temperature_c = coalesce(excluded.temperature_c, c.temperature_c),
      fault_code = case when excluded.state = 'fault' then coalesce(excluded.fault_code, c.fault_code) end,
      telemetry_at = excluded.telemetry_at,
      state_at = excluded.state_at
    where c.state_at is null or c.state_at <= excluded.state_at`

const STORE = `
  with ${SAMPLE}, stored as (${INSERT_SAMPLES}), moved as (${MOVE_CONNECTORS})
  select s.ordinal::int from sample s left join stored t using (device_id, connector_id, time) where t.device_id is null`

const COMPARE = `
  with ${SAMPLE}
  select s.ordinal::int,
    (r.state, r.voltage_v, r.current_a, r.power_kw, r.energy_delivered_kwh, r.soc_percent, r.temperature_c, r.fault_code,
      r.phase_details, r.component_health) is not distinct from
    (s.state, s.voltage_v, s.current_a, s.power_kw, s.energy_delivered_kwh, s.soc_percent, s.temperature_c, s.fault_code,
      s.phase_details, s.component_health) as same
  from sample s join telemetry.readings r using (device_id, connector_id, time)`

/** Stores samples with distinct keys in one transaction; the results are in their order. */
export async function store(pool: pg.Pool, readings: Reading[]): Promise<Outcome[]> {
  const outcomes = readings.map((): Outcome => 'stored')
  const { rows: known } = await pool.query<{ ordinal: number }>({
    name: 'store-readings',
    text: STORE,
    values: columns(readings),
  })
  if (known.length === 0) return outcomes
  // The keys of these rows were taken, perhaps by a transaction that this statement did not see yet; the next one does.
  const doubtful = known.map(({ ordinal }) => ordinal - 1)
  const { rows } = await pool.query<{ ordinal: number; same: boolean }>({
    name: 'compare-readings',
    text: COMPARE,
    values: columns(doubtful.map(index => readings[index]!)),
  })
  for (const { ordinal, same } of rows) outcomes[doubtful[ordinal - 1]!] = same ? 'repeated' : 'conflicting'
  return outcomes
}

/** The parameters of the statements, one Postgres array per column. */
function columns(readings: Reading[]): unknown[] {
  const column = (read: (reading: Reading) => string | number | boolean | null) => arrayLiteral(readings.map(read))
  return [
    column(({ tenantId }) => tenantId),
    column(({ deviceId }) => deviceId),
    column(({ connectorId }) => connectorId),
    column(({ time }) => time.toISOString()),
    column(({ state }) => state),
    column(({ voltage }) => voltage),
    column(({ current }) => current),
    column(({ power }) => power),
    column(({ energyDelivered }) => energyDelivered),
    column(({ soc }) => soc),
    column(({ temperature }) => temperature),
    column(({ faultCode }) => faultCode),
    // Only these two may hold what an array literal has to quote.
    textArrayLiteral(readings.map(({ phaseDetails }) => phaseDetails)),
    column(({ live }) => live),
    textArrayLiteral(readings.map(({ componentHealth }) => componentHealth)),
  ]
}
