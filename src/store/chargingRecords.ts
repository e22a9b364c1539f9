import type { Knex } from 'knex'
import { instant } from './instant.ts'
import type { Page, Paging } from './page.ts'
import { pageSql, readPage } from './page.ts'
import { isUuid } from './uuid.ts'

/** The record of one finished session. Energies and meters in kWh, powers in kW, `cost` in units of `currency`. */
export interface ChargingRecord {
  record_id: string
  device_id: string
  connector_id: number
  site_id: string | null
  start_time: string
  end_time: string
  energy: number
  discharge_energy: number
  max_power: number
  avg_power: number | null
  meter_start: number | null
  meter_end: number | null
  cost: number
  currency: string
  stop_reason: string
  vehicle_info: { vin?: string; soc_start?: number; soc_end?: number } | null
  created_at: string
  /** The record that a charger uploaded in place of this one; absent where there is none. */
  superseded_by?: string
}

export interface RecordFilter extends Paging {
  device_id?: string
  connector_id?: number
  /** The first start of a session that is meant. */
  start_time?: string
  /** The first start of a session that is not meant any more. */
  end_time?: string
}

const COLUMNS = `
  t.record_id, t.device_id, t.connector_id, t.site_id,
  ${instant('t.start_time')} as start_time, ${instant('t.end_time')} as end_time,
  cast(t.energy_kwh as float8) as energy, cast(t.discharge_energy_kwh as float8) as discharge_energy,
  t.max_power_kw as max_power, t.avg_power_kw as avg_power, t.meter_start_kwh as meter_start,
  t.meter_end_kwh as meter_end, cast(t.cost as float8) as cost, t.currency, t.stop_reason, t.vehicle_info,
  ${instant('t.created_at')} as created_at`

const LIST = pageSql({
  table: 'core.current_records',
  where: `t.tenant_id = :tenant
    and (cast(:device as uuid) is null or t.device_id = :device)
    and (cast(:connector as int) is null or t.connector_id = :connector)
    and (cast(:start as timestamptz) is null or t.start_time >= :start)
    and (cast(:end as timestamptz) is null or t.start_time < :end)`,
  order: 't.start_time desc, t.record_id desc',
  columns: COLUMNS,
})

/** No charger has it, because chargers get random ids. */
const NO_DEVICE = '00000000-0000-0000-0000-000000000000'

/** The tenant's records, latest start first, without those that others took the place of. */
export async function list(db: Knex, tenantId: string, filter: RecordFilter): Promise<Page<ChargingRecord>> {
  const { device_id, connector_id = null, start_time = null, end_time = null } = filter
  const device = device_id === undefined ? null : isUuid(device_id) ? device_id : NO_DEVICE
  const bindings = { tenant: tenantId, device, connector: connector_id, start: start_time, end: end_time }
  return readPage(db, LIST, bindings, filter)
}

/** A record of the tenant, also one that another took the place of. */
export async function find(db: Knex, tenantId: string, recordId: string): Promise<ChargingRecord | undefined> {
  const { rows } = await db.raw<{ rows: (ChargingRecord & { superseded_by: string | null })[] }>(
    `select ${COLUMNS}, s.superseded_by
     from core.charging_records t left join core.superseded_records s using (record_id)
     where t.record_id = ? and t.tenant_id = ?`,
    [recordId, tenantId],
  )
  const [row] = rows
  if (row === undefined) return undefined
  const { superseded_by, ...record } = row
  return superseded_by === null ? record : { ...record, superseded_by }
}
