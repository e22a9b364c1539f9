import knexFactory, { type Knex } from 'knex'
import pg from 'pg'
import { ROLES, type Role } from '../auth/roleTokens.ts'
import type { Config } from '../config.ts'
import { StartError } from '../errors.ts'

/** A database that says nothing for so long is away; in milliseconds. */
const PATIENCE = 15_000

/** Owns nothing. */
const APPLICATION = 'voltspec_app'
/** The role is part of the connection, so it costs no statement. */
const AS_APPLICATION = `-c role=${APPLICATION}`

export interface Connections {
  /** For requests: Knex on a pool. */
  db: Knex
  /** For group commit: few connections, prepared statements. */
  ingestPool: pg.Pool
  /** For callers that act as a database role: a pool per role, so that privileges are Postgres's own. */
  rolePools: Record<Role, pg.Pool>
  close(): Promise<void>
}

/** Opens the pools of a server process. Connections that die are replaced by new ones at the next use. */
export function connect(url: string, onError: (error: Error) => void): Connections {
  const db = openKnex(url, { max: 20, options: AS_APPLICATION, patience: PATIENCE, onError })
  const ingestPool = new pg.Pool({
    connectionString: url,
    options: AS_APPLICATION,
    max: 3,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    query_timeout: PATIENCE,
  })
  ingestPool.on('error', onError)
  const asRole = (role: Role) => openRolePool(url, role, onError)
  const rolePools = {
    anon: asRole('anon'),
    authenticated: asRole('authenticated'),
    service_role: asRole('service_role'),
  }
  return {
    db,
    ingestPool,
    rolePools,
    async close() {
      await Promise.all([db.destroy(), ingestPool.end(), ...Object.values(rolePools).map(pool => pool.end())])
    },
  }
}

/** Whoever writes their own filters gets no more of Postgres's time than an answer is waited for; in milliseconds. */
const STATEMENT_TIMEOUT = 10_000

/**
 * Plans of prepared statements are kept for every value: Postgres would otherwise plan a read with a limit anew each time,
 * which takes three times as long as reading the latest row.
 */
const KEPT_PLANS = '-c plan_cache_mode=force_generic_plan'

function openRolePool(url: string, role: Role, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    options: `-c role=${role} -c timezone=UTC ${KEPT_PLANS} -c statement_timeout=${STATEMENT_TIMEOUT} -c idle_in_transaction_session_timeout=${STATEMENT_TIMEOUT}`,
    max: 10,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    query_timeout: PATIENCE,
  })
  pool.on('error', onError)
  return pool
}

/**
 * A connection of the application role for work that may take long; not open yet. Ended in the middle of a statement, it
 * is closed at once.
 */
export function connectForWork(url: string, onError: (error: Error) => void): pg.Client {
  const client = new pg.Client({ connectionString: url, options: AS_APPLICATION, keepAlive: true })
  return client.on('error', onError)
}

/** Connections of the owner, for migrations. What fails is thrown, so Knex need not print it too. */
export const connectAsOwner = (url: string): Knex => openKnex(url, { max: 2, onError: () => {} })

interface KnexOptions {
  max: number
  options?: string
  /** How long a query may take, in milliseconds. */
  patience?: number
  /** Told what Knex would print to the terminal otherwise. */
  onError?: (error: Error) => void
}

function openKnex(url: string, { max, options, patience, onError }: KnexOptions): Knex {
  const report = (message: unknown) => onError?.(message instanceof Error ? message : new Error(String(message)))
  return knexFactory({
    client: 'pg',
    connection: {
      connectionString: url,
      keepAlive: true,
      ...(options === undefined ? {} : { options }),
      ...(patience === undefined ? {} : { query_timeout: patience }),
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max },
    acquireConnectionTimeout: 5000,
    ...(onError === undefined ? {} : { log: { warn: report, error: report } }),
  })
}

/**
 * Looks whether an outside Postgres can carry the server.
 *
 * @throws StartError with one line that says what is missing
 */
export async function checkPostgres(url: string, { fluxJwtSecret }: Pick<Config, 'fluxJwtSecret'>): Promise<void> {
  if (!/^(postgres(ql)?|socket):/.test(url)) throw new StartError('DATABASE_URL must begin with postgres://')
  const roles = fluxJwtSecret === undefined ? [APPLICATION] : [APPLICATION, ...ROLES]
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
  } catch (error) {
    throw new StartError(
      `DATABASE_URL does not answer: ${(error as Error).message || (error as { code?: string }).code}`,
    )
  }
  try {
    const { rows } = await client.query<{ version: number; wal: string; replication: boolean; closed: string[] }>(
      `select current_setting('server_version_num')::int as version, current_setting('wal_level') as wal,
         (select rolreplication or rolsuper from pg_roles where rolname = current_user) as replication,
         array(select rolname::text from pg_roles where rolname = any ('{${roles}}') and not pg_has_role(oid, 'member')) as closed`,
    )
    const [facts] = rows
    if (facts!.version < 150_000) throw new StartError('DATABASE_URL: Postgres 15 or newer is needed')
    if (facts!.wal !== 'logical') throw new StartError(`DATABASE_URL: wal_level must be logical, not ${facts!.wal}`)
    if (!facts!.replication) throw new StartError('DATABASE_URL: the role needs the REPLICATION attribute')
    if (facts!.closed.length > 0)
      throw new StartError(`DATABASE_URL: the role must be a member of the role ${facts!.closed[0]}`)
  } finally {
    await client.end()
  }
}
