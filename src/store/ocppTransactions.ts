import type { Knex } from 'knex'
import type { Protocol, Station } from '../ocpp/action.ts'
import { storedName } from './reusedTransactions.ts'
import { reopen } from './silentTransactions.ts'

/** A transaction as its events find it. */
export interface Transaction {
  transactionKey: string
  /** The name under which it is stored: the station's, unless it gave that to a later one. */
  transactionId: string
  protocol: Protocol
  /** The number that OCPP 1.6 has for it. */
  numericId: number
  /** Of the station's device, shared or not; null where it has none. */
  deviceId: string | null
  /** On tellus; 0 while the station has not told. */
  connectorId: number
  chargingState: string | null
  startedAt: Date
  endedAt: Date | null
  /** In the words of OCPP. */
  stopReason: string | null
}

/** The columns of a transaction under the names that it has here. */
export const COLUMNS = `transaction_key::text as "transactionKey", transaction_id as "transactionId", protocol, numeric_id as "numericId", device_id as "deviceId",
  connector_id as "connectorId", charging_state as "chargingState", started_at as "startedAt", ended_at as "endedAt", stop_reason as "stopReason"`

/** An end that its station has told takes the place of one that was presumed, and so does the record of it. */
const TOLD_END = `is_presumed = false, heard_at = now(),
  replaced_record_id = coalesce(record_id, replaced_record_id), record_id = null`

export interface Start {
  connectorId: number
  idTag: string
  startedAt: Date
  meterStartWh: number
  /** What all retries of a StartTransaction have in common. */
  fingerprint: string
  /** Whether its clock was set; the next session of a station whose was not may say the very same. */
  isDated: boolean
}

/** Before the fingerprint of a start or a stop that is told from a retry by which sessions run. */
const UNDATED = 'undated:'

/**
 * Begins a transaction of OCPP 1.6, whose id is ours to give. A retry finds the one that its first try made.
 *
 * @returns whether it is new
 */
export async function start(
  db: Knex,
  { identity }: Station,
  { connectorId, idTag, startedAt, meterStartWh, isDated, ...given }: Start,
): Promise<{ transaction: Transaction; isNew: boolean }> {
  const fingerprint = isDated ? given.fingerprint : UNDATED + given.fingerprint
  const bindings = { identity, connectorId, idTag, startedAt, meterStartWh, fingerprint }
  const { rows: begun } = await db.raw<{ rows: Transaction[] }>(
    `with next as materialized (select nextval('ocpp.transactions_transaction_key_seq') as key)
     insert into ocpp.transactions (transaction_key, tenant_id, identity, device_id, protocol, transaction_id, connector_id,
       id_tag, started_at, meter_start_wh, start_fingerprint)
     overriding system value
     select key, tenant_id, identity, device_id, 'ocpp1.6', (key % 2147483647)::text, :connectorId, :idTag, :startedAt,
       :meterStartWh, :fingerprint
     from next, ocpp.stations where identity = :identity
     on conflict (identity, start_fingerprint) where start_fingerprint is not null do nothing
     returning ${COLUMNS}`,
    bindings,
  )
  if (begun[0] !== undefined) return { transaction: begun[0], isNew: true }
  const { rows: known } = await db.raw<{ rows: [Transaction] }>(
    `select ${COLUMNS} from ocpp.transactions where identity = :identity and start_fingerprint = :fingerprint`,
    bindings,
  )
  return { transaction: known[0], isNew: false }
}

export interface Stop {
  /** As the station names it: 0 or less where it never got an id. */
  transactionId: number
  endedAt: Date
  /** null where the station did not tell. */
  meterStopWh: number | null
  reason: string
  idTag: string | null
  /** What all retries of a StopTransaction have in common. */
  fingerprint: string
  /** Whether its clock was set; the end of the next session of a station whose was not may say the very same. */
  isDated: boolean
  /** The message in which it came. */
  uniqueId: string
  connectionId: string
}

/** SQL for the meter of the transaction `t` when it was measured last before its end, in Wh; as it began where never. */
const MEASURED_LAST = `t.meter_start_wh + coalesce((
  select r.energy_delivered_kwh * 1000 from telemetry.readings r
  where r.device_id = t.device_id and r.connector_id = t.connector_id
    and r.time between t.started_at and :endedAt::timestamptz and r.energy_delivered_kwh is not null
  order by r.time desc limit 1), 0)`

/**
 * Ends a transaction of OCPP 1.6. One that has ended stays as it is, unless its end was only presumed. A station that never got an id means the one
 * transaction of its that fits; what belongs to none is kept for itself, with a beginning that nobody knows. Without a
 * time the same words are a retry only where none fits any more, of an end that fitted or of the same connection.
 *
 * @returns undefined when it had ended already
 */
export async function stop(db: Knex, { identity }: Station, stop: Stop): Promise<Transaction | undefined> {
  const { transactionId, endedAt, meterStopWh, reason, idTag, isDated } = stop
  const fingerprint = isDated ? stop.fingerprint : UNDATED + stop.fingerprint
  const bindings = { identity, named: String(transactionId), endedAt, meterStopWh, reason, idTag, fingerprint }
  const same = db('ocpp.transactions').where({ identity, stop_fingerprint: fingerprint })
  const isRepeated = (await same.clone().first('identity')) !== undefined
  if (isRepeated && isDated) return undefined
  const key = transactionId > 0 ? await keyOf(db, identity, String(transactionId)) : await onlyFitting(db, bindings)
  if (isRepeated && key === undefined) return undefined
  if (isRepeated) await same.clone().whereNot({ transaction_key: key }).update({ stop_fingerprint: null })
  if (key === undefined) {
    await keepUnknown(db, { ...bindings, ...(isDated ? {} : undatedNames(fingerprint, stop)) })
    return undefined
  }
  const { rows } = await db.raw<{ rows: Transaction[] }>(
    `update ocpp.transactions t set ended_at = greatest(:endedAt::timestamptz, started_at),
       meter_stop_wh = coalesce(:meterStopWh::float8, ${MEASURED_LAST}),
       stop_reason = :reason, stop_fingerprint = :fingerprint,
       start_fingerprint = case when not starts_with(start_fingerprint, '${UNDATED}') then start_fingerprint end,
       ${TOLD_END}
     where transaction_key = :key and (ended_at is null or is_presumed) returning ${COLUMNS}`,
    { ...bindings, key },
  )
  return rows[0]
}

/** Without a time the same words are a retry in the same message, or over the same connection. */
const undatedNames = (fingerprint: string, { uniqueId, connectionId }: Stop) => ({
  fingerprint: `${fingerprint}:${uniqueId}`,
  name: `${fingerprint}:${connectionId}`,
})

interface UnknownStop extends Pick<Stop, 'endedAt' | 'meterStopWh' | 'reason' | 'idTag' | 'fingerprint'> {
  identity: string
  named: string
  /** What tells it from others, beside its fingerprint. */
  name?: string
}

/** Keeps the end of a transaction that nobody knows. */
async function keepUnknown(db: Knex, { name, ...stop }: UnknownStop): Promise<void> {
  await db.raw(
    `insert into ocpp.transactions (tenant_id, identity, device_id, protocol, transaction_id, connector_id, id_tag,
       started_at, ended_at, meter_stop_wh, stop_reason, stop_fingerprint)
     select tenant_id, identity, device_id, 'ocpp1.6', concat('unknown:', :named::text, ':', :name::text), 0, :idTag,
       :endedAt, :endedAt, :meterStopWh, :reason, :fingerprint
     from ocpp.stations where identity = :identity
     on conflict do nothing`,
    { ...stop, name: name ?? stop.fingerprint },
  )
}

async function keyOf(db: Knex, identity: string, transactionId: string): Promise<string | undefined> {
  const row = await db('ocpp.transactions').first('transaction_key').where({ identity, transaction_id: transactionId })
  return row?.transaction_key
}

async function onlyFitting(
  db: Knex,
  { identity, endedAt, meterStopWh, idTag }: Pick<Stop, 'endedAt' | 'meterStopWh' | 'idTag'> & { identity: string },
): Promise<string | undefined> {
  const fitting = await db('ocpp.transactions')
    .select('transaction_key', 'ended_at')
    .where({ identity, protocol: 'ocpp1.6' })
    .whereRaw('(ended_at is null or is_presumed)')
    .where('started_at', '<=', endedAt)
    .whereRaw('(meter_start_wh <= :meterStopWh or :meterStopWh::float8 is null)', { meterStopWh })
    .whereRaw('(id_tag = :idTag or :idTag::text is null)', { idTag })
    .orderByRaw('ended_at nulls first')
    .limit(2)
  const [first, second] = fitting
  const isOnly = second === undefined || (first.ended_at === null && second.ended_at !== null)
  return isOnly ? first?.transaction_key : undefined
}

export interface TransactionEvent {
  protocol: Protocol
  transactionId: string
  isStart: boolean
  sequence: number
  time: Date
  /** Whether the station's clock was set; else the time is ours. */
  isDated: boolean
  evseId: number | null
  /** On tellus; 0 where the event does not tell. */
  connectorId: number
  idToken: string | null
  chargingState: string | null
  /** The lowest value of the import register that the event tells. */
  meterWh: number | null
}

/** What was known of a transaction before an event. */
export type Before = Pick<Transaction, 'connectorId' | 'chargingState'>

/**
 * Notes a TransactionEvent of OCPP 2.x, whose id is the station's. Events may come twice and in any order: what was told
 * stays, the beginning is the earliest that was told, and the charging state is that of the highest sequence number.
 */
export async function note(
  db: Knex,
  { identity }: Station,
  event: TransactionEvent,
): Promise<{ transaction: Transaction; before: Before | undefined }> {
  // Who waited for another event of the transaction sees it as what was before.
  await db.raw(
    `select pg_advisory_xact_lock(hashtextextended(concat('ocpp transaction ', ?::text, ' ', ?::text), 0))`,
    [identity, event.transactionId],
  )
  const transactionId = await storedName(db, identity, event)
  const { rows } = await db.raw<{ rows: [Transaction & { before: Before | null }] }>(
    `with before as (
       select json_build_object('connectorId', connector_id, 'chargingState', charging_state) as row from ocpp.transactions
       where identity = :identity and transaction_id = :transactionId
     ), noted as (
       insert into ocpp.transactions as t (tenant_id, identity, device_id, protocol, transaction_id, evse_id, connector_id,
         id_tag, started_at, meter_start_wh, last_sequence, charging_state)
       select tenant_id, identity, device_id, :protocol, :transactionId, :evseId::int, :connectorId::int, :idToken, :time,
         :meterWh::float8, :sequence::int, :chargingState
       from ocpp.stations where identity = :identity
       on conflict (identity, transaction_id) do update set
         evse_id = coalesce(t.evse_id, excluded.evse_id),
         connector_id = case when t.connector_id = 0 then excluded.connector_id else t.connector_id end,
         id_tag = coalesce(t.id_tag, excluded.id_tag),
         started_at = case when :isStart then excluded.started_at else least(t.started_at, excluded.started_at) end,
         meter_start_wh = least(t.meter_start_wh, excluded.meter_start_wh),
         heard_at = now(),
         last_sequence = greatest(t.last_sequence, excluded.last_sequence),
         charging_state = case when excluded.last_sequence > t.last_sequence
           then coalesce(excluded.charging_state, t.charging_state) else t.charging_state end
       returning t.*)
     select ${COLUMNS}, (select row from before) as before from noted`,
    { identity, ...event, transactionId },
  )
  const { before, ...transaction } = rows[0]
  const isReopened = transaction.endedAt !== null && (await reopen(db, transaction.transactionKey, event.time))
  return { transaction: isReopened ? { ...transaction, endedAt: null } : transaction, before: before ?? undefined }
}

/**
 * Ends a transaction of OCPP 2.x.
 *
 * @returns undefined when it had ended already
 */
export async function end(
  db: Knex,
  { identity }: Station,
  {
    transactionId,
    endedAt,
    meterStopWh,
    reason,
  }: { transactionId: string; endedAt: Date; meterStopWh: number | null; reason: string },
): Promise<Transaction | undefined> {
  const { rows } = await db.raw<{ rows: Transaction[] }>(
    `update ocpp.transactions set ended_at = greatest(:endedAt::timestamptz, started_at), meter_stop_wh = :meterStopWh,
       stop_reason = :reason, ${TOLD_END}
     where identity = :identity and transaction_id = :transactionId and (ended_at is null or is_presumed) returning ${COLUMNS}`,
    { identity, transactionId, endedAt, meterStopWh, reason },
  )
  return rows[0]
}

/** The transaction that runs on a connector; where a station forgot to end one, the latest. */
export async function runningOn(db: Knex, identity: string, connectorId: number): Promise<Transaction | undefined> {
  const { rows } = await db.raw<{ rows: Transaction[] }>(
    `select ${COLUMNS} from ocpp.transactions
     where identity = ? and connector_id = ? and ended_at is null order by started_at desc limit 1`,
    [identity, connectorId],
  )
  return rows[0]
}
