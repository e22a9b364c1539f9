import type { Knex } from 'knex'
import type pg from 'pg'
import { fromKnex, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import * as accessTokens from '../store/accessTokens.ts'
import * as boardSessions from '../store/boardSessions.ts'
import * as chargingDecisions from '../store/chargingDecisions.ts'
import * as commands from '../store/commands.ts'
import * as deviceLogs from '../store/deviceLogs.ts'
import * as idempotencyKeys from '../store/idempotencyKeys.ts'
import * as monitoringEvents from '../store/monitoringEvents.ts'
import * as ocppCalls from '../store/ocppCalls.ts'
import * as ocppCommands from '../store/ocppCommands.ts'
import * as ocppConnections from '../store/ocppConnections.ts'
import * as ocppLinks from '../store/ocppLinks.ts'
import * as ocppMessages from '../store/ocppMessages.ts'
import * as ocppRecords from '../store/ocppRecords.ts'
import * as proxies from '../store/proxies.ts'
import * as proxyQueue from '../store/proxyQueue.ts'
import * as rateBuckets from '../store/rateBuckets.ts'
import * as securityEvents from '../store/securityEvents.ts'
import * as serviceAccounts from '../store/serviceAccounts.ts'
import * as stationMessages from '../store/stationMessages.ts'
import * as systemEvents from '../store/systemEvents.ts'
import { archiveTelemetry, type Retention } from './archiveTelemetry.ts'
import { endSilentTransactions } from './endSilentTransactions.ts'
import { ensurePartitions } from './ensurePartitions.ts'
import type { Jobs, KeyedJob, LiftJob, RecordJob, ScheduleJob } from './jobs.ts'
import { liftFlexibility } from './liftFlexibility.ts'
import { renewSchedules } from './renewSchedules.ts'
import { runSchedule } from './runSchedule.ts'

const QUEUES = [
  'run-schedule',
  'lift-flexibility',
  'record-session',
  'expire-commands',
  'renew-schedules',
  'end-silent-transactions',
  'housekeeping',
  'archive-telemetry',
] as const
const KEYED: KeyedJob[] = ['plan-site', 'wake-site']
/** How long a job may take before another process takes it for lost, in seconds. */
const LONGEST: Partial<Record<(typeof QUEUES)[number], number>> = { 'archive-telemetry': 6 * 3600 }

interface Settings extends Retention {
  commandExpirySeconds: number
  logRetentionDays: number
  ocpp: { messageDays: number; eventDays: number; recordDelaySeconds: number; transactionSilenceHours: number }
}

/**
 * Starts to work on jobs in this process.
 *
 * @param open a connection for work that may take long
 */
export async function startJobs(db: Knex, open: () => pg.Client, log: Logger, settings: Settings): Promise<Jobs> {
  const boss = new PgBoss({ db: fromKnex(db), schema: 'jobs', createSchema: false, migrate: false })
  boss.on('error', error => log.warn({ err: error }, 'the job queue failed'))
  await boss.start()
  for (const name of QUEUES)
    await boss.createQueue(name, {
      retryLimit: 20,
      retryDelay: 1,
      retryBackoff: true,
      expireInSeconds: LONGEST[name] ?? 60,
    })

  for (const name of KEYED)
    await boss.createQueue(name, {
      policy: 'stately',
      retryLimit: 20,
      retryDelay: 1,
      retryBackoff: true,
      expireInSeconds: 60,
    })

  const polling = { pollingIntervalSeconds: 0.5, batchSize: 50 }
  let archiving: pg.Client | undefined
  const jobs: Jobs = {
    async sendAt(transaction, name, data, at) {
      await boss.send(name, data, { startAfter: at, db: fromKnex(transaction) })
    },
    async sendOnce(name, data, key, at) {
      await boss.send(name, data, { singletonKey: key, ...(at === undefined ? {} : { startAfter: at }) })
    },
    async work(name, run) {
      await boss.work<Parameters<typeof run>[0]>(name, polling, async batch => {
        const ended = await Promise.allSettled(batch.map(({ data }) => run(data)))
        const failed = ended.find(({ status }) => status === 'rejected')
        if (failed?.status === 'rejected') throw failed.reason
      })
    },
    async stop() {
      // What it was at is done again by the next.
      await archiving?.end()
      await boss.stop({ graceful: true, timeout: 3000 })
    },
  }
  const { commandExpirySeconds } = settings
  await boss.work<ScheduleJob>('run-schedule', polling, async batch => {
    for (const { data } of batch) await runSchedule({ db, jobs, commandExpirySeconds }, data)
  })
  await boss.work<LiftJob>('lift-flexibility', polling, async batch => {
    for (const { data } of batch) await liftFlexibility(db, data, commandExpirySeconds)
  })
  await boss.work<RecordJob>('record-session', polling, async batch => {
    for (const { data } of batch) await ocppRecords.make(db, data.transactionKey)
  })
  await boss.work('expire-commands', async () => {
    await commands.expire(db)
  })
  await boss.work('renew-schedules', async () => {
    await renewSchedules(db)
  })
  await boss.work('end-silent-transactions', () => endSilentTransactions(db, jobs, settings))
  await boss.work('housekeeping', async () => {
    await ensurePartitions(db, settings.archiveRawDays)
    await ocppMessages.removeOld(db, settings.ocpp.messageDays)
    await securityEvents.removeOld(db, settings.ocpp.eventDays)
    await systemEvents.removeOld(db, settings.ocpp.eventDays)
    await monitoringEvents.removeOld(db, settings.ocpp.messageDays)
    await stationMessages.removeOldCustomerInformation(db, settings.ocpp.messageDays)
    await proxies.removeOldEvents(db, settings.ocpp.messageDays)
    await proxyQueue.removeOld(db, settings.ocpp.messageDays)
    await chargingDecisions.removeOld(db, settings.ocpp.messageDays)
    await ocppConnections.removeOld(db, settings.ocpp.messageDays)
    await accessTokens.removeOld(db)
    await boardSessions.removeExpired(db)
    await ocppCalls.removeOld(db, settings.ocpp.messageDays)
    await ocppCommands.removeOld(db)
    await idempotencyKeys.removeOld(db)
    await rateBuckets.removeIdle(db)
    await ocppLinks.removeOldCounts(db)
    await serviceAccounts.removeOldSecrets(db)
    await deviceLogs.removeOld(db, settings.logRetentionDays)
  })
  await boss.work('archive-telemetry', async () => {
    const connection = open()
    try {
      await connection.connect()
      archiving = connection
      await archiveTelemetry(connection, settings)
    } catch (error) {
      log.warn({ err: error }, 'telemetry could not be archived; the next run goes on')
      throw error
    } finally {
      archiving = undefined
      await connection.end()
    }
  })
  await boss.schedule('expire-commands', '* * * * *', {})
  // Clocks change at full and at half hours.
  await boss.schedule('renew-schedules', '*/15 * * * *', {})
  await boss.schedule('end-silent-transactions', '*/10 * * * *', {})
  await boss.schedule('housekeeping', '7 * * * *', {})
  await boss.schedule('archive-telemetry', '23 * * * *', {})
  return jobs
}
