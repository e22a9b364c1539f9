import path from 'node:path'
import { ROLES, type Role } from './auth/roleTokens.ts'
import { readThresholds, type Thresholds } from './componentHealth/thresholds.ts'
import { StartError } from './errors.ts'
import { RATE_LIMITS, type RateClass, type RateLimit, TIERS, type Tier } from './limits/rates.ts'

/** Everything that can be set from outside. Only this file reads the environment. */
export interface Config {
  host: string
  port: number
  /** Prometheus metrics and readiness, on loopback. */
  metricsPort: number
  dataDir: string
  /** An outside Postgres; without it, the embedded one. */
  databaseUrl: string | undefined
  /** Apply migrations to an outside database at start. */
  migrate: boolean
  /** Whether a charger may register itself without an operator. */
  deviceEnrollment: 'open' | 'closed'
  /** Slug of the tenant that open enrollment binds to; the first demo tenant by default. */
  enrollmentTenant: string
  corsOrigins: string[]
  trustProxy: boolean
  rateLimits: Record<RateClass, RateLimit>
  /** Per role of the flux contract, and for addresses whose key is not valid. */
  tiers: typeof TIERS
  /** Signs the keys of the flux contract; without it that contract is not served. */
  fluxJwtSecret: string | undefined
  /** Further roles that a flux token may name, and which role each acts as. */
  fluxRoleMap: ReadonlyMap<string, Role>
  /** From which values on a part of a charger is worth a warning, or broken. */
  componentThresholds: Thresholds
  /** How long telemetry is kept as it came, in days. */
  archiveRawDays: number
  /** How long telemetry is kept at all, but for summaries of sessions, in days. */
  archiveMinuteDays: number
  /** How long after its last heartbeat a charger still counts as online, in seconds. */
  heartbeatGraceSeconds: number
  /** How long a command may wait for its charger, in seconds. */
  commandExpirySeconds: number
  /** How long a token of a service account is good, in seconds. */
  serviceAccountTokenSeconds: number
  /** Where chargers reach the server; without it, the host that they call. */
  publicUrl: string | undefined
  /** How long a charger may take to upload a log, in seconds. */
  logUploadSeconds: number
  /** How long uploaded logs are kept, in days. */
  logRetentionDays: number
  ocpp: OcppConfig
  board: BoardConfig
  /** TLS for everything that is served; plain without it. */
  tls: TlsFiles | undefined
  /** Samples that may wait for their commit; more are refused with 503. */
  ingestQueue: number
  /** What may wait for one slow stream subscriber, in bytes. */
  streamBufferBytes: number
  /** Streams of one set of chargers that one client may hold open at a time. */
  streamsPerClient: number
  /** Event streams that one session of the board may hold open at a time. */
  streamsPerSession: number
  /** How often an event stream sends a comment, in milliseconds. */
  sseHeartbeatMs: number
  bodyLimitBytes: number
  logLevel: string
  /** A file for the log, or `-` for standard output. */
  logFile: string
  /** Check replies over 256 kB against the contract too; for tests. */
  checkLargeReplies: boolean
}

/** How chargers connect. */
export interface OcppConfig {
  /** Whether a charger that nobody knows may connect with the shared password. */
  enrollment: 'open' | 'closed'
  /** The least security profile (0 to 3) that is let in; 0 lets in known chargers that have no password without one. */
  minSecurityProfile: number
  /** How often a charger is told to send a heartbeat. */
  heartbeatSeconds: number
  /** How often each connection is pinged; one that leaves a ping unanswered is dropped at the next. */
  pingSeconds: number
  /** The longest frame. */
  maxFrameBytes: number
  /** Calls of one charger that may wait for their answer. */
  maxPendingCalls: number
  /** How long a charger may take to answer a call. */
  callTimeoutSeconds: number
  /** How long after a session's end its charging record is made, unless the charger has uploaded one. */
  recordDelaySeconds: number
  /** How long nothing may be said of a transaction before it is taken for over. */
  transactionSilenceHours: number
  /** How long the message log is kept. */
  messageDays: number
  /** How long security and system events are kept. */
  eventDays: number
  /** Messages that may wait for their commit; beyond it heartbeats are not logged, and chargers are not read from. */
  logQueue: number
  /** Hosts that a charger may be proxied to, each with a port or for every port; nobody without one. */
  proxyAllowedHosts: string[]
}

/** Who may log in to the board of the enrollment tenant, beside the tokens in the database; without either it is not served. */
export interface BoardConfig {
  token: string | undefined
  user: { name: string; passwordHash: string } | undefined
}

export interface TlsFiles {
  keyFile: string
  certFile: string
  /** Who signs the certificates of chargers (security profile 3). */
  clientCaFile: string | undefined
}

type Environment = Record<string, string | undefined>

export function readConfig(env: Environment = process.env): Config {
  const host = env.HOST || '127.0.0.1'
  const dataDir = path.resolve(env.DATA_DIR || '.data')
  const databaseUrl = env.DATABASE_URL || undefined
  const port = integer(env, 'PORT', 8080, 0, 65535)
  return {
    host,
    port,
    metricsPort: integer(env, 'METRICS_PORT', port === 0 ? 0 : Math.min(port + 1000, 65535), 0, 65535),
    dataDir,
    databaseUrl,
    migrate: env.MIGRATE === '1',
    deviceEnrollment: enrollment('DEVICE_ENROLLMENT', env.DEVICE_ENROLLMENT, host, databaseUrl),
    enrollmentTenant: env.ENROLLMENT_TENANT || 'acme',
    corsOrigins: listOf(env.CORS_ORIGINS),
    trustProxy: env.TRUST_PROXY === '1',
    rateLimits: rateLimits(env),
    tiers: tiers(env),
    fluxJwtSecret: jwtSecret(env),
    fluxRoleMap: roleMap(env),
    componentThresholds: readThresholds(env.COMPONENT_THRESHOLDS),
    ...retention(env),
    heartbeatGraceSeconds: integer(env, 'HEARTBEAT_GRACE_SECONDS', 90, 1, 86_400),
    commandExpirySeconds: integer(env, 'COMMAND_EXPIRY_SECONDS', 300, 1, 86_400),
    serviceAccountTokenSeconds: integer(env, 'SERVICE_ACCOUNT_TOKEN_DAYS', 90, 1, 365) * 86_400,
    publicUrl: publicUrl(env),
    logUploadSeconds: integer(env, 'LOG_UPLOAD_SECONDS', 3600, 1, 604_800),
    logRetentionDays: integer(env, 'LOG_RETENTION_DAYS', 30, 1, 36_500),
    ocpp: ocpp(env, host, databaseUrl),
    board: { token: boardToken(env), user: boardUser(env) },
    tls: tls(env),
    ingestQueue: integer(env, 'INGEST_QUEUE', 20_000, 1, 10_000_000),
    streamBufferBytes: integer(env, 'STREAM_BUFFER_BYTES', 1_048_576, 1024, 1_073_741_824),
    streamsPerClient: integer(env, 'STREAMS_PER_CLIENT', Math.ceil(scaleOf(env)), 1, 100_000_000),
    streamsPerSession: integer(env, 'STREAMS_PER_SESSION', Math.ceil(20 * scaleOf(env)), 1, 100_000_000),
    sseHeartbeatMs: integer(env, 'SSE_HEARTBEAT_MS', 15_000, 10, 3_600_000),
    bodyLimitBytes: integer(env, 'BODY_LIMIT_BYTES', 1_048_576, 1024, 1_073_741_824),
    logLevel: env.LOG_LEVEL || 'info',
    logFile: env.LOG_FILE || (process.stdout.isTTY ? path.join(dataDir, 'voltspec.log') : '-'),
    checkLargeReplies: env.CHECK_LARGE_REPLIES === '1',
  }
}

/** What stands between commas. */
const listOf = (text = ''): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(Boolean)

function integer(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new StartError(`${name} must be a whole number from ${min} to ${max}, not "${text}"`)
  }
  return value
}

function publicUrl(env: Environment): string | undefined {
  const text = env.PUBLIC_URL
  if (text === undefined || text === '') return undefined
  if (!URL.canParse(text) || !/^https?:/.test(text) || /[?#]/.test(text))
    throw new StartError(`PUBLIC_URL must be an http address, not "${text}"`)
  return text.replace(/\/+$/, '')
}

function retention(env: Environment): Pick<Config, 'archiveRawDays' | 'archiveMinuteDays'> {
  const archiveRawDays = integer(env, 'ARCHIVE_RAW_DAYS', 30, 1, 3650)
  const archiveMinuteDays = integer(env, 'ARCHIVE_MINUTE_DAYS', Math.max(90, archiveRawDays + 1), 1, 36_500)
  if (archiveMinuteDays <= archiveRawDays)
    throw new StartError('ARCHIVE_MINUTE_DAYS must be more than ARCHIVE_RAW_DAYS')
  return { archiveRawDays, archiveMinuteDays }
}

/** Open enrollment is a convenience of the demo: it closes by itself where others could reach it. */
function enrollment(
  name: string,
  text: string | undefined,
  host: string,
  databaseUrl: string | undefined,
): 'open' | 'closed' {
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  const asked = text || (databaseUrl === undefined ? 'open' : 'closed')
  if (asked !== 'open' && asked !== 'closed') throw new StartError(`${name} must be open or closed, not "${asked}"`)
  return loopback ? asked : 'closed'
}

function ocpp(env: Environment, host: string, databaseUrl: string | undefined): OcppConfig {
  return {
    enrollment: enrollment('OCPP_ENROLLMENT', env.OCPP_ENROLLMENT, host, databaseUrl),
    minSecurityProfile: integer(env, 'OCPP_MIN_SECURITY_PROFILE', 1, 0, 3),
    heartbeatSeconds: integer(env, 'OCPP_HEARTBEAT_SECONDS', 60, 1, 86_400),
    pingSeconds: integer(env, 'OCPP_PING_SECONDS', 30, 1, 86_400),
    maxFrameBytes: integer(env, 'OCPP_MAX_FRAME_BYTES', 65_536, 1024, 16_777_216),
    maxPendingCalls: integer(env, 'OCPP_MAX_PENDING_CALLS', 100, 1, 10_000),
    callTimeoutSeconds: integer(env, 'OCPP_CALL_TIMEOUT_SECONDS', 30, 1, 3600),
    recordDelaySeconds: integer(env, 'OCPP_RECORD_DELAY_SECONDS', 600, 0, 604_800),
    transactionSilenceHours: integer(env, 'OCPP_TRANSACTION_SILENCE_HOURS', 24, 1, 8760),
    messageDays: integer(env, 'OCPP_MESSAGE_DAYS', 30, 1, 3650),
    eventDays: integer(env, 'OCPP_EVENT_DAYS', 365, 1, 3650),
    logQueue: integer(env, 'OCPP_LOG_QUEUE', 20_000, 100, 10_000_000),
    proxyAllowedHosts: listOf(env.PROXY_ALLOWED_HOSTS),
  }
}

function tls(env: Environment): TlsFiles | undefined {
  const [keyFile, certFile, clientCaFile] = [env.TLS_KEY_FILE, env.TLS_CERT_FILE, env.TLS_CLIENT_CA_FILE]
  if (!keyFile && !certFile && !clientCaFile) return undefined
  if (!keyFile || !certFile) throw new StartError('TLS needs both TLS_KEY_FILE and TLS_CERT_FILE')
  return { keyFile, certFile, clientCaFile: clientCaFile || undefined }
}

/** An empty token would let everybody in. */
function boardToken(env: Environment): string | undefined {
  const token = env.BOARD_TOKEN
  if (token !== undefined && token.trim() === '') throw new StartError('BOARD_TOKEN must not be empty')
  return token
}

function boardUser(env: Environment): BoardConfig['user'] {
  const [name, passwordHash] = [env.BOARD_USER || undefined, env.BOARD_PASSWORD_HASH || undefined]
  if (name === undefined && passwordHash === undefined) return undefined
  if (name === undefined || passwordHash === undefined)
    throw new StartError('BOARD_USER and BOARD_PASSWORD_HASH belong together')
  if (!/^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[\w+/]{11,}\$[\w+/]{22,}$/.test(passwordHash))
    throw new StartError('BOARD_PASSWORD_HASH must be what "npm run admin -- hash-password" prints')
  return { name, passwordHash }
}

/** What every limit is multiplied with. */
function scaleOf(env: Environment): number {
  const scale = Number(env.RATE_LIMIT_SCALE || 1)
  if (!(scale > 0)) throw new StartError(`RATE_LIMIT_SCALE must be a positive number, not "${env.RATE_LIMIT_SCALE}"`)
  return scale
}

/** `RATE_LIMIT_<CLASS>=<count>/<seconds>` sets one limit, `RATE_LIMIT_SCALE` multiplies them all. */
function rateLimits(env: Environment): Record<RateClass, RateLimit> {
  const scale = scaleOf(env)
  const limits = { ...RATE_LIMITS }
  for (const name of Object.keys(limits) as RateClass[]) {
    const variable = `RATE_LIMIT_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
    const text = env[variable]
    const [count, seconds] = text ? text.split('/').map(Number) : [limits[name].count, limits[name].seconds]
    if (!(count! > 0 && seconds! > 0)) throw new StartError(`${variable} must be <count>/<seconds>, not "${text}"`)
    const most = count! * scale
    // A bucket of less than one token would never have one.
    limits[name] = most < 1 ? { count: 1, seconds: seconds! / most } : { count: most, seconds: seconds! }
  }
  return limits
}

/** `RATE_TIER_<ROLE>=<requests per minute>/<burst>` sets one tier. */
function tiers(env: Environment): typeof TIERS {
  const scale = scaleOf(env)
  const tier = (role: keyof typeof TIERS): Tier => {
    const variable = `RATE_TIER_${role.toUpperCase()}`
    const text = env[variable]
    const { perMinute, burst } = TIERS[role]
    const [rate, most] = text ? text.split('/').map(Number) : [perMinute, burst]
    if (!(rate! > 0 && most! >= 1)) throw new StartError(`${variable} must be <per minute>/<burst>, not "${text}"`)
    return { perMinute: rate! * scale, burst: most! * scale }
  }
  return {
    anon: tier('anon'),
    authenticated: tier('authenticated'),
    service_role: tier('service_role'),
    invalid: tier('invalid'),
  }
}

/** HS256 asks for a key of 256 bits (RFC 7518, 3.2). */
function jwtSecret(env: Environment): string | undefined {
  const secret = env.FLUX_JWT_SECRET || undefined
  if (secret !== undefined && Buffer.byteLength(secret) < 32)
    throw new StartError('FLUX_JWT_SECRET must have at least 32 bytes')
  return secret
}

/** `FLUX_ROLE_MAP=besscontroller=authenticated,reader=anon` */
function roleMap(env: Environment): ReadonlyMap<string, Role> {
  const pairs = (env.FLUX_ROLE_MAP ?? '').split(',').filter(pair => pair.trim() !== '')
  return new Map(
    pairs.map(pair => {
      const [name, role] = pair.split('=').map(part => part.trim())
      if (!name || !ROLES.includes(role as Role))
        throw new StartError(`FLUX_ROLE_MAP must be <name>=<${ROLES.join('|')}>,..., not "${pair}"`)
      return [name, role as Role]
    }),
  )
}
