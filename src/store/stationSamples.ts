import type pg from 'pg'
import { arrayLiteral, textArrayLiteral } from './arrayLiteral.ts'
import { INSERT_SAMPLES, MOVE_CONNECTORS } from './readings.ts'
import { REOPENED } from './silentTransactions.ts'
import { SHARED_DEVICE, WITH_SHARING } from './stationDevices.ts'

/** What a station measured at one instant on one connector; null is what it did not measure. */
export interface StationSample {
  identity: string
  /** On tellus; 0 where only the transaction tells. */
  connectorId: number
  /** The transaction that the sample is said to be of; null where nothing is said. */
  transactionId: string | null
  time: Date
  /** Whether it may say anything about now. */
  live: boolean
  /** V */
  voltage: number | null
  /** A */
  current: number | null
  /** kW, negative out of the vehicle */
  power: number | null
  /** Wh on the meter's import register */
  importWh: number | null
  /** % */
  soc: number | null
  /** degrees Celsius */
  temperature: number | null
  /** JSON */
  phases: string | null
}

/** A meter that shows less is at rest, in kW. */
const AT_REST = 0.1
/** For how long what a station does not repeat still counts. */
const REMEMBERED = '15 minutes'
/** How long a session may have been heard of before it is noted again. */
const HEARD_EVERY = '10 minutes'

/**
 * What the samples belong to is looked up where they are stored, so that nothing comes between. The transaction that is
 * named comes before the one that runs, whatever a station says of an id that it never got. Stations tell quantities one
 * by one and leave out what they cannot measure: what is missing is as it was a moment ago in the same session. What was
 * never told is not known, but for power and energy, which a sample has to have: nothing has flowed as far as anybody
 * knows. Energy counts from the meter's value at the session's beginning.
 *
 * A session that is measured goes on, whoever took it for over. A sample in a session keeps its connector charging while
 * nothing flows; one outside of it changes nothing by itself. A transaction of OCPP 2.x may begin long before it charges.
 */
const STORE = `
  with told as (
    select * from unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::boolean[], $6::float8[], $7::float8[],
      $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::jsonb[])
    as told (identity, connector, named, time, live, voltage_v, current_a, power_kw, import_wh, soc_percent,
      temperature_c, phase_details)
  ), placed as (
    select told.*, s.tenant_id, ${SHARED_DEVICE} as device_id,
      coalesce(nullif(told.connector, 0), t.connector_id) as connector_id, t.transaction_key, t.started_at, t.meter_start_wh,
      told.time between t.started_at and coalesce(case when not t.is_presumed then t.ended_at end, 'infinity')
        as is_in_session,
      coalesce(t.charging_state, 'Charging') in ('Charging', 'SuspendedEV', 'SuspendedEVSE') as is_underway,
      t.ended_at is null and t.heard_at < now() - interval '${HEARD_EVERY}' as is_due,
      t.is_presumed and t.ended_at < told.time as goes_on
    from told
    join ocpp.stations s on s.identity = told.identity ${WITH_SHARING}
    left join lateral (
      select * from ocpp.transactions
      where transaction_key = coalesce(
        (select transaction_key from ocpp.transactions
        where identity = told.identity and transaction_id = told.named),
        (select transaction_key from ocpp.transactions
        where identity = told.identity and connector_id = told.connector and ended_at is null
        order by started_at desc limit 1))
      limit 1) t on true
  ), heard as (
    update ocpp.transactions t set heard_at = now()
    where exists (select from placed where is_due)
      and t.transaction_key = any (array(select transaction_key from placed where is_due)) and t.ended_at is null
  ), reopened as (
    update ocpp.transactions t set heard_at = now(), ${REOPENED}
    where exists (select from placed where goes_on)
      and t.transaction_key = any (array(select transaction_key from placed where goes_on)) and t.is_presumed
  ), known as (
    select placed.*, c.state as shown, c.state in ('fault', 'unavailable') as is_off, before.*
    from placed
    left join core.connectors c using (device_id, connector_id)
    left join lateral (
      select c.voltage_v as last_voltage_v, c.current_a as last_current_a, c.power_kw as last_power_kw,
        c.energy_delivered_kwh as last_energy_kwh, c.soc_percent as last_soc_percent
      where is_in_session and c.telemetry_at >= started_at
        and time between c.telemetry_at and c.telemetry_at + interval '${REMEMBERED}') before on true
    where device_id is not null and connector_id > 0
  ), sample as (
    select tenant_id, device_id, connector_id, time, live,
      case
        when abs(power_kw) > ${AT_REST} or is_in_session and is_underway and is_off is not true
          then case when coalesce(power_kw, last_power_kw) < 0 then 'discharging' else 'charging' end
        when is_off then shown
        else 'idle'
      end as state,
      coalesce(voltage_v, last_voltage_v) as voltage_v,
      coalesce(current_a, last_current_a) as current_a,
      coalesce(power_kw, last_power_kw, 0) as power_kw,
      coalesce(case when is_in_session and import_wh is not null
        then greatest(import_wh - coalesce(meter_start_wh, import_wh), 0) / 1000 end,
        last_energy_kwh, 0) as energy_delivered_kwh,
      coalesce(soc_percent, last_soc_percent) as soc_percent,
      temperature_c, null::text as fault_code, phase_details, null::jsonb as component_health
    from known
  ), stored as (${INSERT_SAMPLES})
  ${MOVE_CONNECTORS}`

/**
 * Stores samples as telemetry of the devices on which their stations' data shows, in one transaction. Those of a station
 * without a device, of one whose site does not consent, and of no known connector are left out.
 */
export async function store(pool: pg.Pool, samples: StationSample[]): Promise<void> {
  const column = (read: (sample: StationSample) => string | number | boolean | null) => arrayLiteral(samples.map(read))
  await pool.query({
    name: 'store-station-samples',
    text: STORE,
    values: [
      textArrayLiteral(samples.map(({ identity }) => identity)),
      column(({ connectorId }) => connectorId),
      textArrayLiteral(samples.map(({ transactionId }) => transactionId)),
      column(({ time }) => time.toISOString()),
      column(({ live }) => live),
      column(({ voltage }) => voltage),
      column(({ current }) => current),
      column(({ power }) => power),
      column(({ importWh }) => importWh),
      column(({ soc }) => soc),
      column(({ temperature }) => temperature),
      textArrayLiteral(samples.map(({ phases }) => phases)),
    ],
  })
}
