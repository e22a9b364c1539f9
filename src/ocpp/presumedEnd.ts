import type { Knex } from 'knex'
import * as silent from '../store/silentTransactions.ts'
import { stopReason } from './connectorState.ts'
import { askForRecord, type RecordMeans } from './recordRequest.ts'
import { tell } from './sessionEvents.ts'

/** Why a session is taken for over that its station did not end, beside the reasons that OCPP has. */
export const PRESUMED = { silence: 'StationSilent', restart: 'StationRestarted' }

/** Ends a session that its station has forgotten, unless it says something of it meanwhile. Its record follows. */
export async function presumeEnd(
  { db, ...means }: RecordMeans & { db: Knex },
  forgotten: silent.Silent,
  reason: string,
): Promise<void> {
  await db.transaction(async transaction => {
    const ended = await silent.presumeEnd(transaction, forgotten, reason)
    if (ended === undefined || ended.endedAt === null) return
    const { transactionId, numericId, connectorId, endedAt: time, protocol } = ended
    const data = {
      transaction_id: protocol === 'ocpp1.6' ? numericId : transactionId,
      reason: stopReason(reason),
    }
    const happening = { connectorId, time, eventType: 'stop', data, move: { state: 'idle' } } as const
    await tell(transaction, { station: forgotten, receivedAt: new Date() }, happening)
    await askForRecord(transaction, means, ended)
  })
}
