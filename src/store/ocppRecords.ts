import { createHash } from 'node:crypto'
import type { Knex } from 'knex'
import { stopReason } from '../ocpp/connectorState.ts'
import { CONSENTS } from './stationDevices.ts'

/**
 * SQL for whether `theirs` and `ours` are about the same session of a connector: they have more than half of the shorter
 * one in common. Two clocks are never quite alike, so sessions one after the other may overlap by seconds.
 */
const SAME_SESSION = `least(theirs.end_time, ours.end_time) - greatest(theirs.start_time, ours.start_time)
  >= least(theirs.end_time - theirs.start_time, ours.end_time - ours.start_time) / 2`

/** Makes the records of a charger one after the other: who waited sees what the one before has written. */
export async function lockRecords(db: Knex, deviceId: string): Promise<void> {
  await db.raw(`select pg_advisory_xact_lock(hashtextextended('charging records of ' || ?, 0))`, [deviceId])
}

interface Ended {
  tenant_id: string
  identity: string
  transaction_key: string
  replaced_record_id: string | null
  device_id: string
  stop_reason: string
}

/**
 * Makes the record of a session that has ended, once, unless its charger has uploaded one. No record is made where the
 * station's data is not shared, and none that costs anything: nobody has told a price.
 */
export async function make(db: Knex, transactionKey: string): Promise<void> {
  await db.transaction(async transaction => {
    const ended = await findEnded(transaction, transactionKey)
    if (ended === undefined) return
    await lockRecords(transaction, ended.device_id)
    await transaction.raw(INSERT, { transactionKey, recordId: idOf(ended), reason: stopReason(ended.stop_reason) })
  })
}

async function findEnded(db: Knex, transactionKey: string): Promise<Ended | undefined> {
  const { rows } = await db.raw<{ rows: Ended[] }>(
    `select t.tenant_id, t.identity, t.transaction_key, t.replaced_record_id, t.device_id, t.stop_reason
     from ocpp.transactions t join ocpp.stations s using (identity)
     join core.devices d on d.device_id = t.device_id left join core.sites p on p.site_id = d.site_id
     where t.transaction_key = ? and t.ended_at is not null and t.record_id is null and t.connector_id between 1 and 64
       and ${CONSENTS}
     for update of t`,
    [transactionKey],
  )
  return rows[0]
}

/** Nobody else can have chosen it: record ids are unique across tenants, and chargers choose their own. */
function idOf({ tenant_id, identity, transaction_key, replaced_record_id }: Ended): string {
  const name = identity.replace(/[^\w.-]/g, '_').slice(0, 30)
  const hash = createHash('sha256')
    .update(JSON.stringify([tenant_id, identity, transaction_key, replaced_record_id]))
    .digest('hex')
  return `ocpp-${name}-${hash.slice(0, 20)}`
}

/** What a record may say, in kWh and kW; a meter that counts more in one session is broken. */
const HIGHEST_ENERGY = 100_000
const HIGHEST_POWER = 5000

/**
 * Energy is the meter's, or what the samples say where the station told none that can be. What the vehicle gave is the area under
 * negative power. A record that was made while the end of the session was only presumed gives way. The currency is that of the tenant's latest record, else ISO 4217's for none.
 */
const INSERT = `
  with ours as (
    select t.*, t.started_at as start_time, t.ended_at as end_time from ocpp.transactions t
    where t.transaction_key = :transactionKey
  ), uploaded as (
    select theirs.record_id from core.charging_records theirs, ours
    where theirs.device_id = ours.device_id and theirs.connector_id = ours.connector_id
      and theirs.start_time <= ours.end_time and theirs.end_time >= ours.start_time and ${SAME_SESSION}
      and not exists (select from ocpp.transactions other where other.device_id = ours.device_id
        and other.record_id = theirs.record_id)
      and not exists (select from ocpp.transactions other where other.device_id = ours.device_id
        and other.replaced_record_id = theirs.record_id)
      and not exists (select from core.superseded_records gone where gone.record_id = theirs.record_id)
    limit 1
  ), sample as (
    select r.power_kw, r.energy_delivered_kwh, r.soc_percent as soc, r.time,
      lead(r.time) over (order by r.time) - r.time as lasts
    from ours join telemetry.readings r on r.device_id = ours.device_id and r.connector_id = ours.connector_id
      and r.time >= ours.start_time and r.time <= ours.end_time
  ), measured as (
    select max(abs(power_kw)) as max_power, max(energy_delivered_kwh) as energy,
      coalesce(sum(greatest(-power_kw, 0) * extract(epoch from lasts)) / 3600, 0) as discharged,
      (array_agg(soc order by time) filter (where soc is not null))[1] as soc_start,
      (array_agg(soc order by time desc) filter (where soc is not null))[1] as soc_end
    from sample
  ), told as (
    select ours.*, measured.*, extract(epoch from end_time - start_time) / 3600 as hours,
      least(case when meter_stop_wh - meter_start_wh between 0 and ${HIGHEST_ENERGY} * 1000
        then (meter_stop_wh - meter_start_wh) / 1000 else coalesce(measured.energy, 0) end, ${HIGHEST_ENERGY}) as delivered
    from ours, measured
  ), summed as (
    select told.*, case when abs(delivered - discharged) <= ${HIGHEST_POWER} * hours
      then (delivered - discharged) / nullif(hours, 0) end as avg_power from told
  ), made as (
    insert into core.charging_records (record_id, tenant_id, device_id, site_id, connector_id, start_time, end_time, energy_kwh,
      discharge_energy_kwh, max_power_kw, avg_power_kw, meter_start_kwh, meter_end_kwh, cost, currency, stop_reason, vehicle_info)
    select :recordId, tenant_id, device_id, d.site_id, connector_id, start_time, end_time, round(delivered::numeric, 3),
      round(discharged::numeric, 3), coalesce(max_power, abs(avg_power), 0), avg_power,
      case when meter_start_wh >= 0 then meter_start_wh / 1000 end,
      case when meter_stop_wh >= 0 then meter_stop_wh / 1000 end, 0,
      coalesce((select currency from core.charging_records latest where latest.tenant_id = summed.tenant_id
        order by latest.created_at desc limit 1), 'XXX'),
      :reason, case when soc_start is not null then jsonb_build_object('soc_start', soc_start, 'soc_end', soc_end) end
    from summed join core.devices d using (tenant_id, device_id)
    where not exists (select from uploaded)
    returning record_id
  ), replaced as (
    insert into core.superseded_records (record_id, superseded_by)
    select ours.replaced_record_id, standing.record_id
    from ours, (select record_id from made union all select record_id from uploaded limit 1) standing
    where ours.replaced_record_id is not null
    on conflict (record_id) do nothing
  )
  update ocpp.transactions t set record_id = made.record_id from made where t.transaction_key = :transactionKey`

/** Puts a record that a charger has just uploaded in the place of those that were made from the same session. */
export async function supersede(db: Knex, deviceId: string, recordId: string): Promise<void> {
  await db.raw(
    `insert into core.superseded_records (record_id, superseded_by)
     select ours.record_id, theirs.record_id
     from core.charging_records theirs
     join ocpp.transactions t on t.device_id = theirs.device_id and t.connector_id = theirs.connector_id
       and t.started_at <= theirs.end_time and t.ended_at >= theirs.start_time
     join core.charging_records ours on ours.record_id in (t.record_id, t.replaced_record_id)
     where theirs.record_id = :recordId and theirs.device_id = :deviceId and ours.record_id <> theirs.record_id
       and ${SAME_SESSION}
     on conflict (record_id) do nothing`,
    { deviceId, recordId },
  )
}
