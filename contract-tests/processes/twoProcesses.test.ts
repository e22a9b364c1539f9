import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import WebSocket from 'ws'
import { readCredentials } from '../../src/seed/credentials.ts'
import { sample } from '../support/bodies.ts'
import { operatorToken, registerCharger, send } from './requests.ts'
import { CHECKOUT, type ServerProcess, startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, openSeededWorkplace, openWorkplace, query } from './workplace.ts'

const BURST = 500
const PER_MINUTE = 60
const SCALE = 10
/** The other tests stay far below theirs. */
const LIMITS = { RATE_LIMIT_SCALE: String(SCALE), RATE_TIER_ANON: `${PER_MINUTE / SCALE}/${BURST / SCALE}` }
const place = openSeededWorkplace()
let first: ServerProcess
let second: ServerProcess
let operator: string

describe('two server processes on one database', () => {
  before(async () => {
    first = await startServer(place, { environment: LIMITS })
    const { jwt_secret } = readCredentials(place.dataDir)!.flux!
    second = await startServer(openWorkplace(), {
      environment: { ...LIMITS, DATABASE_URL: embeddedUrl(place), FLUX_JWT_SECRET: jwt_secret },
    })
    operator = await operatorToken(first.url, place)
  })

  it('a key of flux has one allowance at both, exceeded by a tenth at most', async () => {
    const { anon_key } = readCredentials(place.dataDir)!.flux!
    const from = performance.now()
    let passed = 0
    let refused = 0
    const ask = async ({ url }: ServerProcess) => {
      const response = await fetch(`${url}/rest/v1/market_data?limit=1`, { headers: { apikey: anon_key } })
      await response.arrayBuffer()
      if (response.status === 200) passed++
      else {
        assert.equal(response.status, 429)
        assert.ok(Number(response.headers.get('retry-after')) >= 1)
        refused++
      }
    }
    for (let round = 0; round < 35; round++)
      await Promise.all(Array.from({ length: 20 }, (_value, index) => ask(index % 2 ? first : second)))
    const refilled = ((performance.now() - from) / 60_000) * PER_MINUTE
    assert.ok(passed >= BURST * 0.9 && passed <= BURST * 1.1 + refilled, `${passed} passed`)
    assert.equal(passed + refused, 700)
  })

  for (const way of ['first to second', 'second to first']) {
    const ends = () => (way === 'first to second' ? [first, second] : [second, first]) as [ServerProcess, ServerProcess]

    it(`a command posted to one reaches a long-poll at the other within a second, ${way}`, async () => {
      const [from, to] = ends()
      const charger = await registerCharger(first.url)
      const poll = send('GET', `${to.url}/v1/device/commands?wait=20&connector_id=1`, { token: charger.token })
      await delay(300)
      const path = `/v1/devices/${charger.deviceId}/connectors/1/start`
      const body = { charge_power: 50, target_soc: 80 }
      const queued = await send('POST', `${from.url}${path}`, { token: operator, body })
      const posted = performance.now()
      const { status, body: answer } = await poll
      assert.ok(performance.now() - posted < 1000)
      assert.deepEqual([status, answer.data.command_id], [200, queued.body.data.command_id])
    })

    it(`telemetry posted to one appears on a stream at the other within a second, ${way}`, async () => {
      const [from, to] = ends()
      const charger = await registerCharger(first.url)
      const stream = new WebSocket(`${to.url.replace('http', 'ws')}/stream?devices=${charger.deviceId}`, {
        headers: { authorization: `Bearer ${operator}` },
      })
      await once(stream, 'open')
      const frame = once(stream, 'message', { signal: AbortSignal.timeout(2000) })
      const body = sample({ power: 41.5 })
      const posted = performance.now()
      await send('POST', `${from.url}/v1/device/telemetry`, { token: charger.token, body })
      const { device_id, timestamp, connectors } = JSON.parse(String((await frame)[0]))
      assert.ok(performance.now() - posted < 1000)
      assert.deepEqual([device_id, timestamp, connectors[0].power], [charger.deviceId, body.timestamp, 41.5])
      stream.close()
    })

    it(`a token revoked through one is refused by the other within a second, ${way}`, async () => {
      const [from, to] = ends()
      const { deviceId, token } = await registerCharger(first.url)
      const upload = () => send('POST', `${to.url}/v1/device/telemetry`, { token, body: sample() })
      assert.equal((await upload()).status, 200)
      const path = `/v1/devices/${deviceId}/reset-secret`
      assert.equal((await send('POST', `${from.url}${path}`, { token: operator })).status, 200)
      const refused = async () => {
        const { status, body } = await upload()
        return status === 401 ? body.code : undefined
      }
      assert.equal(await eventually('refusal', 1000, refused), 2001)
    })
  }

  it('an upload repeated at the other is stored once, another value under its key is 409', async () => {
    const { deviceId, token } = await registerCharger(first.url)
    const body = sample()
    const at = (server: ServerProcess, change = {}) =>
      send('POST', `${server.url}/v1/device/telemetry`, { token, body: { ...body, ...change } })
    const answers = await Promise.all([at(first), at(second), at(first), at(second)])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    assert.equal((await at(second, { soc: 51 })).status, 409)
    const rows = await query(embeddedUrl(place), 'select from telemetry.readings where device_id = $1', [deviceId])
    assert.equal(rows.length, 1)
  })
})

describe('migrations', () => {
  const program = `
    const { migrate } = await import(process.argv[1])
    console.log(JSON.stringify(await migrate(process.argv[2])))`

  /** Runs the migrations in a process of its own, and tells which ones it applied. */
  async function migrateApart(url: string): Promise<string[]> {
    const file = new URL('src/postgres/migrate.ts', `file://${CHECKOUT}`).href
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, file, url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        said += chunk
      })
    const [code] = await once(child, 'close')
    assert.equal(code, 0, said)
    return JSON.parse(said)
  }

  it('run once when two processes begin at the same time on an empty database', async () => {
    await query(embeddedUrl(place, 'postgres'), 'create database empty')
    const url = embeddedUrl(place, 'empty')
    const applied = await Promise.all([migrateApart(url), migrateApart(url)])
    const [none, all] = applied.sort((one, other) => one.length - other.length)
    assert.deepEqual(none, [])
    const rows = await query<{ name: string }>(url, 'select name from knex_migrations order by id')
    assert.deepEqual(
      all,
      rows.map(({ name }) => name),
    )
    assert.ok(all!.length > 5)
  })

  it('run although a killed process left its lock row behind', async () => {
    await query(embeddedUrl(place, 'postgres'), 'create database locked')
    const url = embeddedUrl(place, 'locked')
    await query(url, 'create table knex_migrations_lock (index serial primary key, is_locked int)')
    await query(url, 'insert into knex_migrations_lock (is_locked) values (1)')
    assert.ok((await migrateApart(url)).length > 5)
    assert.deepEqual(await query(url, 'select is_locked from knex_migrations_lock'), [{ is_locked: 0 }])
  })
})
