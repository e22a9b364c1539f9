import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { after } from 'node:test'
import pino from 'pino'
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Credentials } from '../../src/seed/credentials.ts'
import { createTestDatabase, dropTestDatabase, startTestPostgres } from './testPostgres.ts'

export interface Answer {
  status: number
  headers: Headers
  /** The parsed body; the text where it is not JSON, undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape, and fail where one is not as they say.
  body: any
}

export interface TestServer extends App {
  url: string
  databaseUrl: string
  credentials: Credentials
  /** One request. A body that is no string is sent as JSON. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** A fresh operator token: of the demo client, the administrator or the other tenant. */
  operator(who?: 'demo' | 'admin' | 'other', scope?: string): Promise<string>
  /** A new charger of the demo tenant with its token. */
  charger(model?: string): Promise<TestCharger>
}

export interface CallOptions {
  token?: string
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface TestCharger {
  deviceId: string
  secret: string
  sn: string
  token: string
}

/**
 * A server of this test file on a database of its own, stopped and dropped when the file ends. Run a single file with
 * `node --test --test-global-setup=contract-tests/support/globalSetup.ts <file>`, or as it is: then it brings its own
 * Postgres.
 *
 * @param environment settings as the environment would give them; limits are lifted unless RATE_LIMIT_SCALE is set
 */
export async function startTestServer(environment: Record<string, string> = {}): Promise<TestServer> {
  const database = await openTestDatabase()
  const server = await startServerOn(database, environment)
  after(async () => {
    await server.close()
    await database.drop()
  })
  return server
}

export interface TestDatabase {
  url: string
  credentialsFile: string
  drop(): Promise<void>
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const own = process.env.TEST_TEMPLATE_URL === undefined ? await startTestPostgres() : undefined
  const templateUrl = own?.templateUrl ?? process.env.TEST_TEMPLATE_URL!
  const name = `test_${randomUUID()}`
  return {
    url: await createTestDatabase(templateUrl, name),
    credentialsFile: own?.credentialsFile ?? process.env.TEST_CREDENTIALS!,
    async drop() {
      await dropTestDatabase(templateUrl, name)
      await own?.stop()
    },
  }
}

/** Another server process's worth of everything, on a database that is there. */
export async function startServerOn(
  database: TestDatabase,
  environment: Record<string, string> = {},
  { awaitFeed = true } = {},
): Promise<TestServer> {
  const credentials: Credentials = JSON.parse(fs.readFileSync(database.credentialsFile, 'utf8'))
  const config = readConfig({
    PORT: '0',
    RATE_LIMIT_SCALE: '100000',
    DEVICE_ENROLLMENT: 'open',
    OCPP_ENROLLMENT: 'open',
    CHECK_LARGE_REPLIES: '1',
    DATABASE_URL: database.url,
    FLUX_JWT_SECRET: credentials.flux.jwt_secret,
    BOARD_TOKEN: credentials.board.token,
    ...environment,
  })
  const app = await startApp(config, database.url, pino({ level: process.env.TEST_LOG ?? 'silent' }))
  if (awaitFeed) await feedIsLive(app)
  const url = `http://127.0.0.1:${app.port}`
  const call: TestServer['call'] = (method, path, options) => request(`${url}${path}`, method, options)
  return {
    ...app,
    url,
    databaseUrl: database.url,
    credentials,
    call,
    async operator(who = 'demo', scope) {
      const { tellus, other_tenant } = credentials
      const [client_id, client_secret] = {
        demo: [tellus.client_id, tellus.client_secret],
        admin: [tellus.admin_client_id, tellus.admin_client_secret],
        other: [other_tenant.tellus.client_id, other_tenant.tellus.client_secret],
      }[who]
      const { body } = await call('POST', '/v1/oauth/token', {
        body: { grant_type: 'client_credentials', client_id, client_secret, scope },
      })
      return body.access_token
    },
    async charger(model = 'TP-DC180-V2G') {
      const sn = `TEST-${randomUUID()}`
      const facts = { sn, model, manufacturer: 'Tellus Power', firmware_version: '1.0.0' }
      const registered = await call('POST', '/v1/device/register', { body: facts })
      const { device_id, device_secret } = registered.body.data
      const token = await call('POST', '/v1/device/token', {
        body: { device_id, device_secret, grant_type: 'client_credentials' },
      })
      return { deviceId: device_id, secret: device_secret, sn, token: token.body.access_token }
    },
  }
}

/** A server does not wait for its feed, which waits for every transaction of the cluster; a test would miss what it asks for. */
async function feedIsLive({ services: { feed } }: App): Promise<void> {
  if (feed.live) return
  await new Promise<void>(resolve => {
    const end = feed.onResumed(() => {
      end()
      resolve()
    })
  })
}

async function request(
  url: string,
  method: string,
  { token, body, headers = {}, signal }: CallOptions = {},
): Promise<Answer> {
  const json = body !== undefined && typeof body !== 'string'
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : String(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parse(text) }
}

function parse(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
