import type { Knex } from 'knex'
import type { Logger } from 'pino'
import type { AccessTokens } from './auth/accessTokens.ts'
import type { Config } from './config.ts'
import type { Activity } from './feed/activity.ts'
import type { Feed } from './feed/feed.ts'
import type { BoardStreams } from './feed/sse/boardStreams.ts'
import type { RequestLog } from './http/requestLog.ts'
import type { Ingest } from './ingest/ingest.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { GuessLimiter } from './limits/guessLimiter.ts'
import type { Metrics } from './metrics.ts'
import type { LocalStations } from './ocpp/action.ts'
import type { MessageLog } from './ocpp/messageLog.ts'
import type { Proxies } from './ocpp/proxy/proxies.ts'
import type { SecurityReports } from './ocpp/securityReports.ts'
import type { Rest } from './postgrest/rest.ts'

/** What a server process has open and lends to every call. */
export interface Services {
  config: Config
  db: Knex
  accessTokens: AccessTokens
  guesses: GuessLimiter
  security: SecurityReports
  ingest: Ingest
  /** For contracts whose callers act as a database role; undefined without a secret for their tokens. */
  rest: Rest | undefined
  feed: Feed
  boardStreams: BoardStreams
  jobs: Jobs
  requestLog: RequestLog
  activity: Activity
  metrics: Metrics
  /** Which of the processes on this database this one is. */
  processId: string
  /** The stations whose sockets this process holds. */
  stations: LocalStations
  /** The upstreams that some of them are shown to. */
  proxies: Proxies
  messageLog: MessageLog
  log: Logger
  /** Ends when the server begins to drain. */
  draining: AbortSignal
}
