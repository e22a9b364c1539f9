import type { Knex } from 'knex'

/** An edge of a connector's charging schedule. */
export interface ScheduleJob {
  deviceId: string
  connectorId: number
  /** A schedule that was replaced has another revision; its jobs end without a trace. */
  revision: string
  /** The edge that the job is for. A job that comes a second time finds its schedule past it. */
  at: string
}

/** The end of a flexibility control. */
export interface LiftJob {
  controlId: string
}

/** A site whose power is to be shared anew. */
export interface SiteJob {
  siteId: string
}

/** The record of a session of OCPP that has ended. */
export interface RecordJob {
  transactionKey: string
}

/** What can be asked for at a time to come, with what it is about. */
export interface JobData {
  'run-schedule': ScheduleJob
  'lift-flexibility': LiftJob
  'plan-site': SiteJob
  'wake-site': SiteJob
  'record-session': RecordJob
}

/** Jobs of which those with one key are done one at a time, and of which one waits at most. */
export type KeyedJob = 'plan-site' | 'wake-site'

/** Work for later, kept in Postgres and done by whichever process comes first. */
export interface Jobs {
  /** Asks for a job in the caller's own transaction: it exists if and only if that commits. */
  sendAt<Name extends keyof JobData>(db: Knex, name: Name, data: JobData[Name], at: Date): Promise<void>
  /** Asks for a job now or at a time, unless one with the key waits already. */
  sendOnce<Name extends KeyedJob>(name: Name, data: JobData[Name], key: string, at?: Date): Promise<void>
  /** Works on jobs of a name in this process, several at a time; what throws is tried again. */
  work<Name extends KeyedJob>(name: Name, run: (data: JobData[Name]) => Promise<void>): Promise<void>
  stop(): Promise<void>
}
