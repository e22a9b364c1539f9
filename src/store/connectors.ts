import type { Knex } from 'knex'
import { instant } from './instant.ts'
import { isUuid } from './uuid.ts'

/** Live state of one connector. Power in kW, voltage in V, current in A, energy in kWh, state of charge in %. */
export interface Connector {
  connector_id: number
  status: 'idle' | 'charging' | 'discharging' | 'fault' | 'unavailable'
  power: number | null
  voltage: number | null
  current: number | null
  energy_delivered: number | null
  soc: number | null
  temperature: number | null
  vehicle_connected: boolean | null
  fault_code: string | null
  last_telemetry_time: string | null
}

/**
 * SQL for the state that the connector `c` shows. A self-test takes its charger out of service: from the time when it
 * was asked for until the report, or as long as a command may wait, once more when the charger has accepted it. A
 * session that runs goes on until then. Who prepares is not charging yet, so it shows as idle.
 */
export const SHOWN_STATE = `case
  when exists (
    select from core.commands test
    where test.device_id = c.device_id and test.command = 'run_self_test'
      and test.status in ('queued', 'delivered', 'accepted') and (
      (test.status = 'accepted' and test.accepted_at + (test.expires_at - test.created_at) > now())
      or (test.status in ('queued', 'delivered') and test.expires_at > now()
        and c.state not in ('charging', 'discharging')))
  ) then 'unavailable'
  when c.state = 'preparing' then 'idle'
  else c.state end`

/** SQL for the connectors of the charger `t` as a JSON array. */
export const CONNECTORS_OF_DEVICE = `(
  select coalesce(json_agg(json_build_object(
    'connector_id', c.connector_id,
    'status', ${SHOWN_STATE},
    'power', c.power_kw,
    'voltage', c.voltage_v,
    'current', c.current_a,
    'energy_delivered', c.energy_delivered_kwh,
    'soc', c.soc_percent,
    'temperature', c.temperature_c,
    'vehicle_connected', c.vehicle_connected,
    'fault_code', c.fault_code,
    'last_telemetry_time', ${instant('c.telemetry_at')}
  ) order by c.connector_id), '[]')
  from core.connectors c where c.device_id = t.device_id
)`

/** The connectors of a charger by number; undefined when the tenant has no such charger. */
export async function list(db: Knex, tenantId: string, deviceId: string): Promise<Connector[] | undefined> {
  if (!isUuid(deviceId)) return undefined
  const { rows } = await db.raw(
    `select ${CONNECTORS_OF_DEVICE} as connectors from core.devices t where t.device_id = ? and t.tenant_id = ?`,
    [deviceId, tenantId],
  )
  return rows[0]?.connectors
}

/** Whether a vehicle of the charger is charging or giving back. */
export async function inSession(db: Knex, deviceId: string): Promise<boolean> {
  const active = db('core.connectors').where({ device_id: deviceId }).whereIn('state', ['charging', 'discharging'])
  return (await active.first('connector_id')) !== undefined
}

/** What was known of a connector before something is told of it. */
export interface Known {
  state: string
  vehicleConnected: boolean | null
}

/** What is known of a connector, and nobody else changes until the transaction ends; undefined where it is new. */
export async function lock(db: Knex, deviceId: string, connectorId: number): Promise<Known | undefined> {
  return db('core.connectors')
    .first('state', { vehicleConnected: 'vehicle_connected' })
    .where({ device_id: deviceId, connector_id: connectorId })
    .forUpdate()
}
