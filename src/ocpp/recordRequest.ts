import type { Knex } from 'knex'
import type { Jobs } from '../jobs/jobs.ts'
import type { Transaction } from '../store/ocppTransactions.ts'

/** What it takes to ask for a record. */
export interface RecordMeans {
  jobs: Pick<Jobs, 'sendAt'>
  config: { ocpp: { recordDelaySeconds: number } }
}

/**
 * Asks for the record of a session that has just ended, in the same transaction. Until then its charger may upload one of
 * its own. By our clock, since a station may tell of an end long after it, or from the future.
 */
export async function askForRecord(
  db: Knex,
  { jobs, config }: RecordMeans,
  { transactionKey, deviceId, connectorId }: Transaction,
): Promise<void> {
  if (deviceId === null || connectorId < 1) return
  const due = new Date(Date.now() + config.ocpp.recordDelaySeconds * 1000)
  await jobs.sendAt(db, 'record-session', { transactionKey }, due)
}
