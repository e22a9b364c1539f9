import type pg from 'pg'
import { arrayLiteral, textArrayLiteral } from './arrayLiteral.ts'
import { SHARED_DEVICE, WITH_SHARING } from './stationDevices.ts'

/** What samples of a station's connector are looked up by. */
export interface SampleQuestion {
  identity: string
  /** On tellus. */
  connectorId: number
  /** The transaction that the samples are said to be of; null where nothing is said. */
  transactionId: string | null
}

/** What samples of a connector belong to. */
export interface SampleContext {
  tenantId: string
  /** The device on which the samples show; null where they show on none. */
  deviceId: string | null
  /** The transaction of the connector: the one that was named, or the one that runs. */
  session: {
    transactionKey: string
    connectorId: number
    startedAt: Date
    endedAt: Date | null
    meterStartWh: number | null
    /** As OCPP 2.x tells it. */
    chargingState: string | null
    /** When it was heard of, to the minutes that pass before it is noted again. */
    heardAt: Date
    /** Whether nobody has told its end. */
    isPresumed: boolean
  } | null
  /** The connector's live state; null before anything was told of it. */
  connector: {
    state: string
    voltage: number | null
    current: number | null
    power: number | null
    energy: number | null
    soc: number | null
    measuredAt: Date | null
  } | null
}

/** Since 1970: the driver reads a number much quicker than a date. */
const milliseconds = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`

/** The transaction that is named comes before the one that runs, whatever a station says of an id that it never got. */
const FIND = `
  select s.tenant_id, ${SHARED_DEVICE} as device_id, t.connector_id, ${milliseconds('t.started_at')} as started_at,
    ${milliseconds('t.ended_at')} as ended_at, t.meter_start_wh, t.charging_state,
    t.transaction_key::text as transaction_key, t.is_presumed, ${milliseconds('t.heard_at')} as heard_at,
    c.state, c.voltage_v, c.current_a, c.power_kw, c.energy_delivered_kwh, c.soc_percent,
    ${milliseconds('c.telemetry_at')} as telemetry_at
  from unnest($1::text[], $2::int[], $3::text[]) with ordinality as asked (identity, connector, named, ordinal)
  left join ocpp.stations s on s.identity = asked.identity ${WITH_SHARING}
  left join lateral (
    select * from (
      select 1 as place, t.* from ocpp.transactions t
      where t.identity = asked.identity and t.transaction_id = asked.named
      union all
      (select 2, t.* from ocpp.transactions t
      where t.identity = asked.identity and t.connector_id = asked.connector and t.ended_at is null
      order by t.started_at desc limit 1)) as either
    order by place limit 1) t on true
  left join core.connectors c on c.device_id = s.device_id
    and c.connector_id = coalesce(nullif(t.connector_id, 0), asked.connector)
  order by asked.ordinal`

/** Answers many questions with one statement, in their order. */
export async function findContexts(pool: pg.Pool, questions: SampleQuestion[]): Promise<SampleContext[]> {
  const { rows } = await pool.query({
    name: 'find-sample-contexts',
    text: FIND,
    values: [
      textArrayLiteral(questions.map(({ identity }) => identity)),
      arrayLiteral(questions.map(({ connectorId }) => connectorId)),
      textArrayLiteral(questions.map(({ transactionId }) => transactionId)),
    ],
  })
  return rows.map(row => ({
    tenantId: row.tenant_id,
    deviceId: row.device_id,
    session:
      row.started_at === null
        ? null
        : {
            transactionKey: row.transaction_key,
            connectorId: row.connector_id,
            startedAt: new Date(row.started_at),
            endedAt: row.ended_at === null ? null : new Date(row.ended_at),
            meterStartWh: row.meter_start_wh,
            chargingState: row.charging_state,
            heardAt: new Date(row.heard_at),
            isPresumed: row.is_presumed,
          },
    connector: row.state && {
      state: row.state,
      voltage: row.voltage_v,
      current: row.current_a,
      power: row.power_kw,
      energy: row.energy_delivered_kwh,
      soc: row.soc_percent,
      measuredAt: row.telemetry_at === null ? null : new Date(row.telemetry_at),
    },
  }))
}
