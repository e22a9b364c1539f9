import type pg from 'pg'
import type { AuditRecord } from '../audit/auditRecord.ts'
import * as auditLogs from '../store/auditLogs.ts'
import * as readings from '../store/readings.ts'
import * as stationSamples from '../store/stationSamples.ts'
import { GroupCommit } from './groupCommit.ts'

/** The high-rate writers of this process. */
export interface Ingest {
  readings: GroupCommit<readings.Reading, readings.Outcome>
  /** What service accounts read and what they were refused. */
  audit: GroupCommit<AuditRecord, undefined>
  /** What OCPP stations measured, a message at a time. */
  stationSamples: GroupCommit<stationSamples.StationSample[], undefined>
}

export interface IngestOptions {
  queueLimit: number
  observe?: (rows: number) => void
}

export function openIngest(pool: pg.Pool, options: IngestOptions): Ingest {
  let records = 0
  return {
    readings: new GroupCommit({
      flush: rows => readings.store(pool, rows),
      key: ({ deviceId, connectorId, time }) => `${deviceId} ${connectorId} ${time.getTime()}`,
      ...options,
    }),
    audit: new GroupCommit({
      flush: rows => auditLogs.storeAll(pool, rows),
      // No two records are in each other's way.
      key: () => String(records++),
      ...options,
    }),
    stationSamples: new GroupCommit({
      flush: async messages => {
        await stationSamples.store(pool, messages.flat())
        return messages.map(() => undefined)
      },
      // What a message leaves out is as the one before it told.
      key: ([sample]) => `${sample?.identity} ${sample?.connectorId}`,
      ...options,
    }),
  }
}
