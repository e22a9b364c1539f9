import { setTimeout as delay } from 'node:timers/promises'
import type { Knex } from 'knex'
import { areVisible } from '../store/transactions.ts'

/**
 * Waits until queries see what transactions wrote that the feed has told of. That is a moment later, and Postgres has no
 * event for that moment.
 *
 * @param isOver whether nobody needs to know any more
 */
export async function untilVisible(db: Knex, transactions: number[], isOver: () => boolean): Promise<void> {
  while (transactions.length > 0 && !isOver() && !(await areVisible(db, transactions))) await delay(2)
}
