import type { Knex } from 'knex'
import { COLUMNS, type Transaction } from './ocppTransactions.ts'

/** A transaction that runs and of which nothing was said since. */
export interface Silent {
  transactionKey: string
  tenantId: string
  identity: string
  /** It was heard of before this, when it was found. */
  heardBefore: Date
}

const FOUND = `t.transaction_key::text as "transactionKey", t.tenant_id as "tenantId", t.identity`

/** The transactions of which nothing was said for so many hours, the longest first. */
export async function findSilent(db: Knex, hours: number, limit: number): Promise<Silent[]> {
  const { rows } = await db.raw<{ rows: Silent[] }>(
    `select ${FOUND}, now() - make_interval(hours => :hours) as "heardBefore" from ocpp.transactions t
     where ended_at is null and heard_at < now() - make_interval(hours => :hours) order by heard_at limit :limit`,
    { hours, limit },
  )
  return rows
}

/** The transactions of a connector that began before their station started anew, and of which nothing was said since. */
export async function findLeftBehind(
  db: Knex,
  { identity, connectorId, time }: { identity: string; connectorId: number; time: Date },
): Promise<Silent[]> {
  const { rows } = await db.raw<{ rows: Silent[] }>(
    `select ${FOUND}, s.booted_at as "heardBefore" from ocpp.transactions t join ocpp.stations s using (identity)
     where t.identity = :identity and t.connector_id = :connectorId and t.ended_at is null
       and t.heard_at < s.booted_at and t.started_at < :time`,
    { identity, connectorId, time },
  )
  return rows
}

/**
 * Gives a transaction the end that is likely: when it was measured last, or heard of, and not after the next one on its
 * connector began; with the meter as it was then. What its station tells later takes the place of it.
 *
 * @returns undefined when it has ended, or was heard of, meanwhile
 */
export async function presumeEnd(
  db: Knex,
  { transactionKey, heardBefore }: Silent,
  reason: string,
): Promise<Transaction | undefined> {
  const { rows } = await db.raw<{ rows: Transaction[] }>(
    `with open as (
       select t.*, (select min(later.started_at) from ocpp.transactions later
         where later.identity = t.identity and later.connector_id = t.connector_id and t.connector_id > 0
           and (later.started_at, later.transaction_key) > (t.started_at, t.transaction_key)) as next_start
       from ocpp.transactions t where transaction_key = :transactionKey and ended_at is null and heard_at < :heardBefore
     ), measured as (
       select r.time, r.energy_delivered_kwh from open join telemetry.readings r
         on r.device_id = open.device_id and r.connector_id = open.connector_id and r.time >= open.started_at
       where r.time <= least(now(), open.next_start) order by r.time desc limit 1
     ), presumed as (
       select least(coalesce((select time from measured), heard_at), next_start) as at,
         meter_start_wh + (select energy_delivered_kwh from measured) * 1000 as meter_wh
       from open
     )
     update ocpp.transactions set ended_at = greatest(presumed.at, started_at), meter_stop_wh = presumed.meter_wh,
       stop_reason = :reason, is_presumed = true,
       start_fingerprint = case when not starts_with(start_fingerprint, 'undated:') then start_fingerprint end
     from presumed
     where transaction_key = :transactionKey and ended_at is null and heard_at < :heardBefore
     returning ${COLUMNS}`,
    { transactionKey, heardBefore, reason },
  )
  return rows[0]
}

/** Notes that the transaction of a connector goes on. */
export async function hearOn(db: Knex, identity: string, connectorId: number): Promise<void> {
  await db.raw(
    `update ocpp.transactions set heard_at = now() where identity = ? and connector_id = ? and ended_at is null`,
    [identity, connectorId],
  )
}

/** What a transaction is without the end that was presumed; `t` is its row. Its record gives way to the next. */
export const REOPENED = `ended_at = null, meter_stop_wh = null, stop_reason = null, is_presumed = false,
  replaced_record_id = coalesce(t.record_id, t.replaced_record_id), record_id = null`

/**
 * Lets a transaction go on whose end was presumed before the time.
 *
 * @returns whether it was
 */
export async function reopen(db: Knex, transactionKey: string, time: Date): Promise<boolean> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update ocpp.transactions t set ${REOPENED}
     where transaction_key = :transactionKey and is_presumed and ended_at < :time`,
    { transactionKey, time },
  )
  return rowCount > 0
}
