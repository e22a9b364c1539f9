import type { Knex } from 'knex'
import { PRESUMED, presumeEnd } from '../ocpp/presumedEnd.ts'
import { findSilent } from '../store/silentTransactions.ts'
import type { Jobs } from './jobs.ts'

/** How many are ended in one run; the next one goes on. */
const BATCH = 500

/** Ends the sessions of which no station has said anything for so long that it must have forgotten them, or be gone. */
export async function endSilentTransactions(
  db: Knex,
  jobs: Pick<Jobs, 'sendAt'>,
  config: { ocpp: { transactionSilenceHours: number; recordDelaySeconds: number } },
): Promise<void> {
  for (const forgotten of await findSilent(db, config.ocpp.transactionSilenceHours, BATCH))
    await presumeEnd({ db, jobs, config }, forgotten, PRESUMED.silence)
}
