import { setTimeout as delay } from 'node:timers/promises'
import type { Knex } from 'knex'

/**
 * Makes a request while a change is written and not yet committed, and commits it when the request waits for it: so the
 * request has read the old rows and is about to act on them.
 *
 * @throws Error when the request does not wait within two seconds
 */
export async function whileUncommitted<T>(
  db: Knex,
  change: (transaction: Knex) => Promise<unknown>,
  request: () => Promise<T>,
): Promise<T> {
  const transaction = await db.transaction()
  try {
    const { rows } = await transaction.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid')
    await change(transaction)
    const answer = request()
    // Who asks hears of a failure below; until then it is nobody's.
    answer.catch(() => {})
    await waiter(db, rows[0]!.pid)
    await transaction.commit()
    return await answer
  } finally {
    if (!transaction.isCompleted()) await transaction.rollback()
  }
}

/** Postgres tells nobody who waits for whom; one has to ask. */
async function waiter(db: Knex, pid: number): Promise<void> {
  for (const deadline = performance.now() + 2000; performance.now() < deadline; await delay(5)) {
    const { rowCount } = await db.raw('select from pg_stat_activity where ? = any(pg_blocking_pids(pid))', [pid])
    if (rowCount > 0) return
  }
  throw new Error('nothing waits for the change')
}
