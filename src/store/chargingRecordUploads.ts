import type { Knex } from 'knex'
import { conflict } from '../errors.ts'
import { lockRecords, supersede } from './ocppRecords.ts'

export interface ChargingRecordUpload {
  record_id: string
  connector_id: number
  start_time: string
  end_time: string
  /** kWh delivered to the vehicle */
  energy: number
  /** kWh taken from the vehicle */
  discharge_energy?: number
  max_power: number
  avg_power?: number
  meter_start?: number
  meter_end?: number
  /** Negative is revenue. */
  cost: number
  currency: string
  stop_reason: string
  vehicle_info?: object
}

/**
 * Stores a record, once and for ever. It takes the place of one that was made from the same session of OCPP.
 *
 * @throws conflict when the id is taken by a record that differs or is another charger's; the message names neither
 */
export async function store(db: Knex, { deviceId }: { deviceId: string }, upload: ChargingRecordUpload): Promise<void> {
  await db.transaction(async transaction => {
    await lockRecords(transaction, deviceId)
    await insert(transaction, deviceId, upload)
    await supersede(transaction, deviceId, upload.record_id)
  })
}

async function insert(db: Knex, deviceId: string, upload: ChargingRecordUpload): Promise<void> {
  const bindings = {
    deviceId,
    record_id: upload.record_id,
    connector_id: upload.connector_id,
    start_time: new Date(upload.start_time),
    end_time: new Date(upload.end_time),
    energy: upload.energy,
    discharge_energy: upload.discharge_energy ?? 0,
    max_power: upload.max_power,
    avg_power: upload.avg_power ?? null,
    meter_start: upload.meter_start ?? null,
    meter_end: upload.meter_end ?? null,
    cost: upload.cost,
    currency: upload.currency,
    stop_reason: upload.stop_reason,
    vehicle_info: upload.vehicle_info === undefined ? null : JSON.stringify(upload.vehicle_info),
  }
  const { rowCount } = await db.raw(
    `insert into core.charging_records (record_id, tenant_id, device_id, site_id, connector_id, start_time, end_time, energy_kwh,
       discharge_energy_kwh, max_power_kw, avg_power_kw, meter_start_kwh, meter_end_kwh, cost, currency, stop_reason, vehicle_info)
     select :record_id, d.tenant_id, d.device_id, d.site_id, :connector_id, :start_time, :end_time, :energy, :discharge_energy,
       :max_power, :avg_power, :meter_start, :meter_end, :cost, :currency, :stop_reason, :vehicle_info
     from core.devices d where d.device_id = :deviceId
     on conflict (record_id) do nothing`,
    bindings,
  )
  if (rowCount === 1) return
  const { rows } = await db.raw<{ rows: { same: boolean }[] }>(
    `select (device_id, connector_id, start_time, end_time, energy_kwh, discharge_energy_kwh, max_power_kw, avg_power_kw,
         meter_start_kwh, meter_end_kwh, cost, currency::text, stop_reason, vehicle_info)
       is not distinct from
       (:deviceId::uuid, :connector_id::int, :start_time::timestamptz, :end_time::timestamptz, :energy::numeric,
         :discharge_energy::numeric, :max_power::float8, :avg_power::float8, :meter_start::float8, :meter_end::float8,
         :cost::numeric, :currency::text, :stop_reason::text, :vehicle_info::jsonb) as same
     from core.charging_records where record_id = :record_id`,
    bindings,
  )
  if (!rows[0]?.same) throw conflict('this record_id is taken by another record')
}
