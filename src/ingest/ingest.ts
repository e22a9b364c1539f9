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
  /** What samples of OCPP stations belong to: read together as they are written together. */
  sampleContexts: GroupCommit<stationSamples.SampleQuestion, stationSamples.SampleContext>
}

export interface IngestOptions {
  queueLimit: number
  observe?: (rows: number) => void
}

export function openIngest(pool: pg.Pool, options: IngestOptions): Ingest {
  let records = 0
  let questions = 0
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
    sampleContexts: new GroupCommit({
      flush: rows => stationSamples.findContexts(pool, rows),
      key: () => String(questions++),
      queueLimit: options.queueLimit,
    }),
  }
}
