import pg from 'pg'
import { globalSetup, globalTeardown } from '../support/globalSetup.ts'
import { openTestDatabase, startServerOn, type TestDatabase, type TestServer } from '../support/testServer.ts'
import { type Forwarder, forwardTo } from './forwarder.ts'

/** The servers that Dredd talks to. Each is the real one; they differ in settings and in the state of their database. */
export interface Stage {
  servers: Record<ServerName, TestServer>
  /** What the broken server's callers are: it learned them before its database broke. */
  brokenCallers: BrokenCallers
  close(): Promise<void>
}

/**
 * `main` serves; `limited` grants every caller one request per class and hour and one stream, on main's database; `cut` cannot reach
 * main's database; `broken` reaches a database that refuses every statement.
 */
export type ServerName = 'main' | 'limited' | 'cut' | 'broken'

interface BrokenCallers {
  device: string
  operator: string
  /** A token that the broken server has never looked up. */
  unseen: string
}

const ONCE = '1/3600'
const LIMITS = {
  RATE_LIMIT_SCALE: '1',
  STREAMS_PER_SESSION: '1',
  RATE_LIMIT_TOKEN: ONCE,
  RATE_LIMIT_WRONG_SECRET: ONCE,
  RATE_LIMIT_DEVICE: ONCE,
  RATE_LIMIT_DEVICE_CALL: ONCE,
  RATE_LIMIT_OPERATOR_QUERY: ONCE,
  RATE_LIMIT_BATCH_CONTROL: ONCE,
  RATE_TIER_ANON: '1/1',
  RATE_TIER_AUTHENTICATED: '1/1',
  RATE_TIER_SERVICE_ROLE: '1/1',
}

export async function openStage(): Promise<Stage> {
  await globalSetup()
  const database = await openTestDatabase()
  const ruin = await openTestDatabase()
  const forwarder = await forwardTo(database.url)
  const [main, limited, cut, broken] = await Promise.all([
    startServerOn(database, { PROXY_ALLOWED_HOSTS: 'csms.example.com' }),
    startServerOn(database, LIMITS),
    startServerOn({ ...database, url: forwarder.url }),
    startServerOn(ruin),
  ])
  const brokenCallers = await findBrokenCallers(broken)
  await breakDatabase(ruin)
  await forwarder.cut()
  const servers = { main, limited, cut, broken }
  return { servers, brokenCallers, close: () => closeAll(Object.values(servers), [database, ruin], forwarder) }
}

/** Tokens that the server has in memory, so that what fails later is the operation and not the look for its caller. */
async function findBrokenCallers(server: TestServer): Promise<BrokenCallers> {
  const [{ token: device }, operator, unseen] = await Promise.all([
    server.charger(),
    server.operator('admin'),
    server.operator('admin'),
  ])
  await server.call('GET', '/v1/models', { token: operator })
  await server.call('GET', '/v1/device/commands?wait=0', { token: device })
  return { device, operator, unseen }
}

/** The tables stay and the server may connect, but it may no longer touch them: a fault that it cannot foresee. */
async function breakDatabase({ url }: TestDatabase): Promise<void> {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  await owner.query('revoke all on all tables in schema core, telemetry, ops, ocpp from voltspec_app')
  await owner.end()
}

async function closeAll(servers: TestServer[], databases: TestDatabase[], forwarder: Forwarder): Promise<void> {
  await forwarder.mend()
  await Promise.all(servers.map(server => server.close()))
  await forwarder.cut()
  for (const database of databases) await database.drop()
  await globalTeardown()
}
