import type { Knex } from 'knex'
import type { ProxiedTransaction, StationMessage } from '../ocpp/proxy/translator.ts'

/** A message about a transaction that an upstream has still to hear of. */
export interface QueuedMessage extends StationMessage {
  queueId: string
  /** How often it was tried, this time included. */
  attempts: number
}

/** What is tried is kept from others for this time; a process that is killed meanwhile leaves it to the next. */
const CLAIM = `interval '60 seconds'`

/** @returns the message's place in the queue */
export async function enqueue(
  db: Knex,
  tenantId: string,
  identity: string,
  { action, payload, answer, receivedAt }: StationMessage,
): Promise<string> {
  const [row] = await db('ocpp.proxy_queue')
    .insert({
      tenant_id: tenantId,
      identity,
      action,
      payload: JSON.stringify(payload),
      answer: JSON.stringify(answer),
      received_at: receivedAt,
    })
    .returning('queue_id')
  return row.queue_id
}

/** A station and the upstream that it is shown to. What waits is for whichever upstream is set at the moment. */
export interface Target {
  identity: string
  upstreamUrl: string
}

/** SQL for whether the upstream is still the station's. */
const IS_CURRENT = 'exists (select from ocpp.proxies where identity = :identity and upstream_url = :upstreamUrl)'

/** Takes the oldest message of a station; undefined when there is none, or somebody else is at it. */
export async function claim(db: Knex, { identity, upstreamUrl }: Target): Promise<QueuedMessage | undefined> {
  const { rows } = await db.raw<{ rows: QueuedMessage[] }>(
    `update ocpp.proxy_queue set attempts = attempts + 1, claimed_until = now() + ${CLAIM}
     where queue_id = (select queue_id from ocpp.proxy_queue where identity = :identity order by queue_id limit 1)
       and (claimed_until is null or claimed_until < now()) and ${IS_CURRENT}
     returning queue_id as "queueId", action, payload, answer, received_at as "receivedAt", attempts`,
    { identity, upstreamUrl },
  )
  return rows[0]
}

/** When the oldest message can be taken by somebody else, in milliseconds from now; undefined when nothing waits. */
export async function claimableIn(db: Knex, { identity, upstreamUrl }: Target): Promise<number | undefined> {
  const { rows } = await db.raw<{ rows: { wait: number }[] }>(
    `select greatest(0, extract(epoch from coalesce(claimed_until - now(), '0'))::float8 * 1000) as wait
     from ocpp.proxy_queue where identity = :identity and ${IS_CURRENT} order by queue_id limit 1`,
    { identity, upstreamUrl },
  )
  return rows[0]?.wait
}

/** Gives a message back. @param counts whether the attempt counts */
export async function release(db: Knex, queueId: string, counts: boolean): Promise<void> {
  await db('ocpp.proxy_queue')
    .where({ queue_id: queueId })
    .update({ claimed_until: null, ...(counts ? {} : { attempts: db.raw('attempts - 1') }) })
}

/**
 * The upstream has taken a message: it leaves the queue, and what was learned of its transaction is kept, unless the
 * station has another upstream by now.
 */
export async function settle(
  db: Knex,
  { identity, upstreamUrl }: Target,
  queueId: string,
  learned: ProxiedTransaction | undefined,
): Promise<void> {
  await db.transaction(async transaction => {
    const current = await transaction('ocpp.proxies')
      .first('identity')
      .where({ identity, upstream_url: upstreamUrl })
      .forShare()
    if (learned !== undefined && current !== undefined) {
      // An upstream may give a number again, such as 0 to whoever it refuses: it means the latest.
      await transaction('ocpp.proxy_transactions')
        .where({ identity, upstream_transaction_id: learned.upstreamTransactionId })
        .whereNot({ station_transaction_id: learned.stationTransactionId })
        .delete()
      await transaction('ocpp.proxy_transactions')
        .insert({
          identity,
          station_transaction_id: learned.stationTransactionId,
          upstream_transaction_id: learned.upstreamTransactionId,
          evse_id: learned.evseId,
          sequence: learned.sequence,
          meter_start_wh: learned.meterStartWh,
          ended_at: learned.ended ? transaction.fn.now() : null,
          station_ended_at: learned.endedAt ?? null,
        })
        .onConflict(['identity', 'station_transaction_id'])
        .merge(['sequence', 'ended_at', 'station_ended_at'])
    }
    await transaction('ocpp.proxy_queue').where({ queue_id: queueId }).delete()
  })
}

/**
 * Drops what waits for a station's upstream, and forgets its transactions: they mean nothing to another. Every message that
 * is dropped becomes an event.
 */
export async function drop(db: Knex, identity: string, upstreamProtocol: string): Promise<void> {
  await db.raw(
    `with dropped as (
       delete from ocpp.proxy_queue where identity = :identity returning *)
     insert into ocpp.proxy_events (tenant_id, identity, type, from_protocol, to_protocol, method, details)
     select tenant_id, identity, 'dropped', :stationProtocol, :upstreamProtocol, action,
       jsonb_build_object('reason', 'the station has another upstream, or none', 'receivedAt', received_at)
     from dropped order by queue_id`,
    { identity, upstreamProtocol, stationProtocol: upstreamProtocol === 'ocpp1.6' ? 'ocpp2.0.1' : 'ocpp1.6' },
  )
  await db('ocpp.proxy_transactions').where({ identity }).delete()
}

/** A transaction by the id of one side. */
export async function findTransaction(
  db: Knex,
  identity: string,
  id: { station: string } | { upstream: string },
): Promise<ProxiedTransaction | undefined> {
  const row = await db('ocpp.proxy_transactions')
    .first()
    .where({ identity })
    .where('station' in id ? { station_transaction_id: id.station } : { upstream_transaction_id: id.upstream })
  return (
    row && {
      stationTransactionId: row.station_transaction_id,
      upstreamTransactionId: row.upstream_transaction_id,
      evseId: row.evse_id,
      sequence: row.sequence,
      meterStartWh: row.meter_start_wh,
      ended: row.ended_at !== null,
      endedAt: row.station_ended_at ?? undefined,
    }
  )
}

/** Forgets a transaction whose id its station has given to another. */
export async function forget(
  db: Knex,
  identity: string,
  { stationTransactionId, upstreamTransactionId }: ProxiedTransaction,
): Promise<void> {
  await db('ocpp.proxy_transactions')
    .where({
      identity,
      station_transaction_id: stationTransactionId,
      upstream_transaction_id: upstreamTransactionId,
    })
    .delete()
}

/** Gives up what no upstream has taken for so many days, and forgets transactions that ended as long ago. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.proxy_queue').whereRaw('received_at < now() - make_interval(days => ?)', [days]).delete()
  await db('ocpp.proxy_transactions').whereRaw('ended_at < now() - make_interval(days => ?)', [days]).delete()
}
