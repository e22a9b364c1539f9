import type { Knex } from 'knex'
import { type BoardCaller, callerName } from '../auth/caller.ts'
import * as connections from '../store/boardConnections.ts'
import * as systemEvents from '../store/systemEvents.ts'

/**
 * Removes the past connections of a station, and says in the system events who did.
 *
 * @returns false when there is no such station
 */
export async function removeHistory(db: Knex, caller: BoardCaller, identity: string): Promise<boolean> {
  const { tenantId } = caller
  return db.transaction(async transaction => {
    const isKnown = await connections.removeHistory(transaction, tenantId, identity)
    if (isKnown)
      await systemEvents.add(transaction, {
        tenantId,
        type: 'HISTORY_REMOVED',
        identity,
        message: 'the past connections were removed',
        details: { requestedBy: callerName(caller) },
      })
    return isKnown
  })
}
