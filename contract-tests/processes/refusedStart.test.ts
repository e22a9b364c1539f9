import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { sample } from '../support/bodies.ts'
import { registerCharger, send } from './requests.ts'
import { startInVain, startServer } from './serverProcess.ts'
import { embeddedUrl, openSeededWorkplace, openWorkplace, postgresPids, query } from './workplace.ts'

const place = openSeededWorkplace()
const server = await startServer(place)
const { port } = new URL(server.url)
const outside = (database: string, user?: string) => {
  const url = new URL(embeddedUrl(place, database))
  if (user !== undefined) Object.assign(url, { username: user, password: 'secret' })
  return url.href
}

/** It ends with code 1 and one line for a person, and leaves nothing running. */
async function assertRefused(environment: Record<string, string>, reason: RegExp, where = openWorkplace()) {
  const { code, complained } = await startInVain(where, environment)
  assert.equal(code, 1, complained)
  assert.match(complained, /^[^\n]+\n$/)
  assert.match(complained, reason)
  if (where !== place) assert.deepEqual(postgresPids(where), [])
}

describe('the start on an embedded database is refused in one line, with code 1 and no Postgres left running', () => {
  const prepared = openSeededWorkplace()

  it('while PORT is busy', async () => {
    await assertRefused({ PORT: port }, new RegExp(`^port ${port} is in use; set another PORT`), prepared)
  })
  it('while METRICS_PORT is busy', async () => {
    await assertRefused({ METRICS_PORT: port }, new RegExp(`^port ${port} is in use; .*METRICS_PORT`), prepared)
  })
  it('while another server uses the DATA_DIR, which goes on undisturbed', async () => {
    await assertRefused({}, new RegExp(`^another server \\(pid ${server.pid}\\) uses ${place.dataDir}`), place)
    assert.equal((await send('GET', `${server.url}/v1/health`)).status, 200)
    assert.equal((await send('GET', `${server.metricsUrl}/ready`)).status, 200)
  })
  it('when DATA_DIR is a file', async () => {
    const where = openWorkplace()
    fs.writeFileSync(where.dataDir, '')
    await assertRefused({}, /EEXIST|ENOTDIR/, where)
  })
  it('when the password of the data was lost', async () => {
    const file = path.join(prepared.dataDir, 'postgres.password')
    const password = fs.readFileSync(file)
    fs.writeFileSync(file, 'another')
    await assertRefused({}, /password/, prepared)
    fs.writeFileSync(file, password)
  })
  it('when a setting makes no sense', async () => {
    await assertRefused({ PORT: 'eighty' }, /^PORT must be a whole number from 0 to 65535, not "eighty"/)
  })
})

describe('the start on an outside database is refused in one line, with code 1', { concurrency: 3 }, () => {
  it('when nobody listens at DATABASE_URL', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await assertRefused(
      { DATABASE_URL: `postgres://x@127.0.0.1:${port}/x` },
      /^DATABASE_URL does not answer: .*REFUSED/,
    )
  })
  it('when DATABASE_URL is no address', async () => {
    await assertRefused({ DATABASE_URL: 'see the wiki' }, /^DATABASE_URL must begin with postgres:/)
  })
  it('when the password in DATABASE_URL is wrong', async () => {
    const url = outside('voltspec').replace(/voltspec:[^@]+@/, 'voltspec:wrong@')
    await assertRefused({ DATABASE_URL: url }, /^DATABASE_URL.* password authentication failed/)
  })
  it('when the database of DATABASE_URL does not exist', async () => {
    await assertRefused({ DATABASE_URL: outside('nothing') }, /^DATABASE_URL.* database "nothing" does not exist/)
  })
  it('when Postgres is too old', async () => {
    await assertRefused(
      { DATABASE_URL: await pretendPostgres(140_011) },
      /^DATABASE_URL: Postgres 15 or newer is needed/,
    )
  })
  it('when wal_level is not logical', async () => {
    const where = openWorkplace()
    const postgres = await startEmbeddedPostgres(where.dataDir, () => {}, { wal_level: 'replica' })
    after(postgres.stop)
    await assertRefused({ DATABASE_URL: postgres.url }, /^DATABASE_URL: wal_level must be logical, not replica/)
  })
  it('when the role may not replicate', async () => {
    await query(outside('postgres'), `create role silent login password 'secret'`)
    await assertRefused(
      { DATABASE_URL: outside('voltspec', 'silent') },
      /^DATABASE_URL: the role needs the REPLICATION/,
    )
  })
  it('when the role may not act as the application', async () => {
    await query(outside('postgres'), `create role stranger login replication password 'secret'`)
    await assertRefused(
      { DATABASE_URL: outside('voltspec', 'stranger') },
      /^DATABASE_URL: the role must be a member of the role voltspec_app/,
    )
  })
  it('when the role may not act for the callers of flux', async () => {
    await query(outside('postgres'), `create role half login replication password 'secret' in role voltspec_app`)
    await assertRefused(
      { DATABASE_URL: outside('voltspec', 'half'), FLUX_JWT_SECRET: 'a secret of at least thirty-two bytes' },
      /^DATABASE_URL: the role must be a member of the role (anon|authenticated|service_role)/,
    )
  })
  it('when the role may not migrate', async () => {
    await query(outside('postgres'), 'create database theirs')
    await query(outside('postgres'), `create role guest login replication password 'secret' in role voltspec_app`)
    const environment = { DATABASE_URL: outside('theirs', 'guest'), MIGRATE: '1' }
    await assertRefused(environment, /may not migrate: permission denied/)
  })
  it('when migrations are missing', async () => {
    await query(outside('postgres'), 'create database bare')
    await assertRefused(
      { DATABASE_URL: outside('bare') },
      /lacks migrations; run "npm run migrate", or start with MIGRATE=1/,
    )
  })
  it('when the schema is newer than the code', async () => {
    await query(outside('postgres'), 'create database newer')
    await migrate(outside('newer'))
    await query(outside('newer'), `insert into knex_migrations (name, batch) values ('9999_from_the_future', 9)`)
    for (const MIGRATE of ['0', '1'])
      await assertRefused({ DATABASE_URL: outside('newer'), MIGRATE }, /newer than this code \(9999_from_the_future\)/)
  })
})

it('a role that owns nothing is enough to serve an outside database', async () => {
  await query(outside('postgres'), `create role servant login replication password 'secret' in role voltspec_app`)
  const other = await startServer(openWorkplace(), {
    environment: { DATABASE_URL: outside('voltspec', 'servant'), DEVICE_ENROLLMENT: 'open' },
  })
  const { token } = await registerCharger(other.url)
  assert.equal((await send('POST', `${other.url}/v1/device/telemetry`, { token, body: sample() })).status, 200)
  assert.equal((await send('GET', `${other.metricsUrl}/ready`)).status, 200)
  assert.equal((await other.kill('SIGTERM')).code, 0)
  assert.equal(other.complained(), '')
})

it('two servers run side by side from one checkout with other PORT and DATA_DIR', async () => {
  const other = await startServer(openSeededWorkplace())
  for (const { url } of [server, other]) assert.equal((await send('GET', `${url}/v1/health`)).status, 200)
  assert.equal((await other.kill('SIGTERM')).code, 0)
  assert.equal((await send('GET', `${server.metricsUrl}/ready`)).status, 200)
})

/** Somebody else's Postgres of another version: it lets everybody in and answers every question alike. */
async function pretendPostgres(version: number): Promise<string> {
  const message = (type: string, ...parts: (Buffer | string)[]) => {
    const body = Buffer.concat(parts.map(part => Buffer.from(part)))
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length + 4)
    return Buffer.concat([Buffer.from(type), length, body])
  }
  const int16 = (value: number) => Buffer.from([value >> 8, value & 255])
  const int32 = (value: number) => Buffer.concat([int16(value >> 16), int16(value & 65535)])
  const ready = message('Z', 'I')
  const facts = { version: [23, version], wal: [25, 'logical'], replication: [16, 't'], member: [16, 't'] } as const
  const columns = Object.entries(facts).flatMap(([name, [type]]) => [
    `${name}\0`,
    int32(0),
    int16(0),
    int32(type),
    int16(-1 & 65535),
    int32(-1),
    int16(0),
  ])
  const values = Object.values(facts).flatMap(([, value]) => [int32(String(value).length), String(value)])
  const row = [message('T', int16(4), ...columns), message('D', int16(4), ...values), message('C', 'SELECT 1\0'), ready]
  const old = createServer(socket => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]))
      socket.on('data', data => data[0] === 0x51 && socket.write(Buffer.concat(row)))
    })
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  after(() => old.close())
  await once(old, 'listening')
  return `postgres://someone@127.0.0.1:${(old.address() as AddressInfo).port}/old`
}
