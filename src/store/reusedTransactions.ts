import type { Knex } from 'knex'

/** How long after an end a start by the clock of a station is another transaction, in seconds; by ours it may be a retry. */
const LATER = { dated: 1, undated: 60 }

interface Told {
  transactionId: string
  isStart: boolean
  time: Date
  isDated: boolean
}

/**
 * The name under which the transaction of an event is stored. Stations of OCPP 2.x are to give each transaction an id of
 * its own, and some count anew when they restart: a start that is clearly later than the end of the transaction with the id is
 * another one, and takes the name. What comes late of the older one still finds it by the time.
 *
 * The caller holds the lock of the id.
 */
export async function storedName(
  db: Knex,
  identity: string,
  { transactionId, isStart, time, isDated }: Told,
): Promise<string> {
  const bindings = { identity, transactionId, time, seconds: isDated ? LATER.dated : LATER.undated }
  const { rows } = await db.raw<{ rows: { isOver: boolean; isOlder: boolean }[] }>(
    `select coalesce(ended_at + make_interval(secs => :seconds) <= :time::timestamptz, false) as "isOver",
       started_at > :time::timestamptz as "isOlder"
     from ocpp.transactions where identity = :identity and transaction_id = :transactionId`,
    bindings,
  )
  const [known] = rows
  if (known === undefined) return transactionId
  if (isStart && known.isOver) {
    await db.raw(
      `update ocpp.transactions set reused_id = transaction_id, transaction_id = concat(transaction_id, '#', transaction_key)
       where identity = :identity and transaction_id = :transactionId`,
      bindings,
    )
    return transactionId
  }
  return known.isOlder ? ((await olderName(db, bindings)) ?? transactionId) : transactionId
}

async function olderName(
  db: Knex,
  bindings: { identity: string; transactionId: string; time: Date },
): Promise<string | undefined> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `select transaction_id as name from ocpp.transactions
     where identity = :identity and reused_id = :transactionId and ended_at >= :time
     order by ended_at limit 1`,
    bindings,
  )
  return rows[0]?.name
}
