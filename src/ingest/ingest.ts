import type pg from 'pg'
import * as readings from '../store/readings.ts'
import { GroupCommit } from './groupCommit.ts'

/** The high-rate writers of this process. */
export interface Ingest {
  readings: GroupCommit<readings.Reading, readings.Outcome>
}

export interface IngestOptions {
  queueLimit: number
  observe?: (rows: number) => void
}

export function openIngest(pool: pg.Pool, options: IngestOptions): Ingest {
  return {
    readings: new GroupCommit({
      flush: rows => readings.store(pool, rows),
      key: ({ deviceId, connectorId, time }) => `${deviceId} ${connectorId} ${time.getTime()}`,
      ...options,
    }),
  }
}
