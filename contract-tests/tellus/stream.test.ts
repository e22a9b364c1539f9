import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import WebSocket from 'ws'
import { events } from '../../generated/tellus/validators.js'
import { hashSecret, newSecret } from '../../src/auth/secrets.ts'
import { inSeconds, sample } from '../support/bodies.ts'
import { openStream, type StreamClient } from '../support/streamClient.ts'
import { openTestDatabase, startServerOn, type TestCharger, type TestServer } from '../support/testServer.ts'

const database = await openTestDatabase()
const server = await startServerOn(database, { STREAMS_PER_CLIENT: '1' })
const roomy = await startServerOn(database, { STREAMS_PER_CLIENT: '10', STREAM_BUFFER_BYTES: '1000000' })
after(async () => {
  await Promise.all([server.close(), roomy.close()])
  await database.drop()
})
const { db } = server.services
const token = await server.operator()
const tokensOf = (client_id: string) => db('core.access_tokens').where({ client_id })

const upload = async (charger: TestCharger, change: object = {}, through: TestServer = server) => {
  const { status } = await through.call('POST', '/v1/device/telemetry', { token: charger.token, body: sample(change) })
  return status
}
/** Two open streams of one client need different sets of chargers. */
const only = (...chargers: { deviceId: string }[]) =>
  `/stream?devices=${chargers.map(({ deviceId }) => deviceId).join(',')}`
const seen = ({ frames }: StreamClient) => frames.map(({ device_id }) => device_id)

describe('/stream', () => {
  it('sends a frame within a second of the telemetry, as the contract has it', async () => {
    const charger = await server.charger()
    const stream = await openStream(server, token)
    const from = performance.now()
    const body = sample()
    await server.call('POST', '/v1/device/telemetry', { token: charger.token, body })
    await stream.received(1)
    assert.ok(performance.now() - from < 1000)
    const [frame] = stream.frames
    assert.ok(events.StreamFrame(frame), JSON.stringify(events.StreamFrame.errors))
    assert.deepEqual(frame, {
      device_id: charger.deviceId,
      timestamp: body.timestamp,
      connectors: [
        {
          connector_id: 1,
          state: 'charging',
          power: 180,
          soc: 42,
          energy_delivered: 1.5,
          voltage: 400,
          current: 450,
        },
      ],
    })
    await stream.close()
  })
  it('takes the token in the header or in the query, and prefers the header', async () => {
    const charger = await server.charger()
    for (const [bearer, query] of [
      [token, ''],
      [undefined, `&token=${token}`],
      [token, '&token=wrong'],
    ] as const) {
      const stream = await openStream(server, bearer, `${only(charger)}${query}`)
      await upload(charger)
      await stream.received(1)
      await stream.close()
    }
  })
  it('sends the chargers that were asked for only, and ignores ids that are foreign, unknown or none', async () => {
    const [one, two, three] = [await server.charger(), await server.charger(), await server.charger()]
    const foreign = await db('core.devices').first('device_id').where('sn', 'like', 'BOR-%')
    const ids = [one, { deviceId: foreign.device_id }, { deviceId: randomUUID() }, { deviceId: 'none' }]
    const stream = await openStream(server, token, only(...ids, { deviceId: three.deviceId.toUpperCase() }))
    for (const charger of [two, one, two, three]) await upload(charger)
    await stream.received(2)
    assert.deepEqual(seen(stream), [one.deviceId, three.deviceId])
    await stream.close()
  })
  it('sends nothing of another tenant, also not what was asked for by id', async () => {
    const mine = await server.charger()
    const theirs = await chargerOfOther()
    const other = await server.operator('other')
    const all = await openStream(server, other)
    const asked = await openStream(server, other, only(mine, theirs))
    // Frames come in the order of their commits: what is not there before the second is not there at all.
    await upload(mine)
    await upload(theirs)
    await Promise.all([all.received(1), asked.received(1)])
    for (const stream of [all, asked]) {
      assert.deepEqual(seen(stream), [theirs.deviceId])
      await stream.close()
    }
  })
  it('sends one frame for each new sample, in order and not coalesced, with the changed connector and its own time', async () => {
    const charger = await server.charger()
    const stream = await openStream(server, token, only(charger))
    const samples = Array.from({ length: 12 }, (_, index) => ({
      connector_id: 1 + (index % 2),
      timestamp: inSeconds(-60 + index),
      power: index,
    }))
    for (const change of samples) await upload(charger, change)
    await stream.received(12)
    const shown = stream.frames.map(({ timestamp, connectors }) => {
      const [{ connector_id, power }, ...rest] = connectors
      assert.deepEqual(rest, [])
      return { connector_id, timestamp, power }
    })
    assert.deepEqual(shown, samples)
    await stream.close()
  })
  it('sends none for a repeat, a conflict and a refused sample, but one for an old sample and one of the far future', async () => {
    const charger = await server.charger()
    const stream = await openStream(server, token, only(charger))
    const [now, old, future] = [inSeconds(0), inSeconds(-7200), inSeconds(7200)]
    assert.equal(await upload(charger, { timestamp: now }), 200)
    assert.equal(await upload(charger, { timestamp: now }), 200)
    assert.equal(await upload(charger, { timestamp: now, power: 1 }), 409)
    assert.equal(await upload(charger, { timestamp: inSeconds(86_500) }), 400)
    assert.equal(await upload(charger, { timestamp: old }), 200)
    assert.equal(await upload(charger, { timestamp: future }), 200)
    await stream.received(3)
    assert.deepEqual(
      stream.frames.map(({ timestamp }) => timestamp),
      [now, old, future],
    )
    await stream.close()
  })
  it('shows discharging with negative power, `preparing` as idle, and the temperature where there is one', async () => {
    const charger = await server.charger()
    const stream = await openStream(server, token, only(charger))
    await upload(charger, { state: 'discharging', power: -60, current: -150, temperature: 31.5 })
    await upload(charger, { state: 'preparing', power: 0, current: 0 })
    await stream.received(2)
    const [first, second] = stream.frames.map(({ connectors }) => connectors[0])
    assert.deepEqual([first.state, first.power, first.temperature], ['discharging', -60, 31.5])
    assert.deepEqual([second.state, second.power], ['idle', 0])
    for (const frame of stream.frames) assert.ok(events.StreamFrame(frame), JSON.stringify(events.StreamFrame.errors))
    await stream.close()
  })
  it('sends what was posted to another process on the database', async () => {
    const charger = await server.charger()
    const stream = await openStream(server, token, only(charger))
    await upload(charger, {}, roomy)
    await stream.received(1)
    await stream.close()
  })
  it('misses nothing that is posted after the handshake', async () => {
    const charger = await server.charger()
    for (let round = 0; round < 10; round++) {
      // A token that the server has not seen yet has to be looked up first.
      const stream = await openStream(server, await server.operator(), only(charger))
      await upload(charger)
      await stream.received(1)
      await stream.close()
    }
  })
  it('answers a ping, and ignores what a client says', async () => {
    const charger = await server.charger()
    const stream = await openStream(server, token, only(charger))
    const pong = new Promise(resolve => stream.socket.once('pong', data => resolve(String(data))))
    stream.socket.send('{"type":"subscribe"}')
    stream.socket.ping('are you there')
    assert.equal(await pong, 'are you there')
    await upload(charger)
    await stream.received(1)
    await stream.close()
  })
  it('404 without a handshake on another path', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/streams`)
    const error = await new Promise<Error>(resolve => socket.once('error', resolve))
    assert.match(error.message, /404/)
  })
})

describe('/stream closes with 4401', () => {
  it('after the handshake, when the token is missing, malformed or unknown', async () => {
    for (const [bearer, path] of [
      [undefined, '/stream'],
      ['0'.repeat(64), '/stream'],
      ['not a token', '/stream'],
      [undefined, '/stream?token='],
      [undefined, `/stream?token=${'0'.repeat(64)}`],
      [undefined, '/stream?token=%00'],
    ] as const) {
      const { code, reason } = await (await openStream(server, bearer, path)).closed()
      assert.equal(code, 4401, `${bearer} ${path}`)
      assert.notEqual(reason, '')
    }
  })
  it('when the token has expired before', async () => {
    const late = await server.operator('other')
    await tokensOf(server.credentials.other_tenant.tellus.client_id).update({ expires_at: inSeconds(-1) })
    assert.deepEqual(await (await openStream(server, late)).closed(), { code: 4401, reason: 'the token has expired' })
  })
  it('when the token expires while it is open', async () => {
    const short = newSecret()
    const { client_id } = server.credentials.tellus
    const held = await tokensOf(client_id).first('tenant_id', 'client_id', 'scopes')
    await db('core.access_tokens').insert({ ...held, token_hash: hashSecret(short), expires_at: inSeconds(0.3) })
    const stream = await openStream(server, short, only({ deviceId: randomUUID() }))
    assert.deepEqual(await stream.closed(), { code: 4401, reason: 'the token has expired' })
  })
  it('when the token is revoked while it is open, and leaves other streams alone', async () => {
    const charger = await server.charger()
    const revoked = await openStream(server, await server.operator('admin'))
    const kept = await openStream(server, token, only(charger))
    await upload(charger)
    await revoked.received(1)
    await tokensOf(server.credentials.tellus.admin_client_id).update({ revoked_at: inSeconds(0) })
    assert.deepEqual(await revoked.closed(), { code: 4401, reason: 'the token was revoked' })
    await upload(charger)
    await kept.received(2)
    assert.equal(revoked.frames.length, 1)
    await kept.close()
  })
})

describe('/stream when the feed was away', () => {
  it('announces the gap, goes on, and closes with 4401 where the token was revoked meanwhile', async () => {
    const charger = await server.charger()
    const bearer = await server.operator('admin')
    const revoked = await openStream(server, bearer, only(charger))
    const kept = await openStream(server, token, only(charger))
    await upload(charger)
    await Promise.all([revoked.received(1), kept.received(1)])
    const owner = new pg.Client({ connectionString: server.databaseUrl })
    await owner.connect()
    await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'
      and datname = current_database()`)
    while (server.services.feed.live) await delay(1)
    await tokensOf(server.credentials.tellus.admin_client_id).update({ revoked_at: inSeconds(0) })
    await owner.end()
    await kept.received(2)
    const gap = kept.frames[1]
    assert.equal(events.StreamGap(gap), true)
    assert.equal((await revoked.closed()).code, 4401)
    await upload(charger)
    await kept.received(3)
    assert.equal(kept.frames[2].device_id, charger.deviceId)
    await kept.close()
    while (!roomy.services.feed.live) await delay(10)
  })
})

describe('/stream closes with 4403', () => {
  it('when the token lacks telemetry:read, or is of a charger', async () => {
    const charger = await server.charger()
    for (const bearer of [await server.operator('demo', 'site:read write'), charger.token]) {
      assert.equal((await (await openStream(server, bearer)).closed()).code, 4403)
    }
    const narrow = await openStream(server, await server.operator('demo', 'telemetry:read'))
    await upload(charger)
    await narrow.received(1)
    await narrow.close()
  })
})

describe('/stream closes with 4429', () => {
  it('the second stream of a client for the same chargers, whatever token and order', async () => {
    const [one, two] = [await server.charger(), await server.charger()]
    const first = await openStream(server, token, only(one, two))
    const second = await openStream(server, await server.operator(), only(two, one))
    const { code, reason } = await second.closed()
    assert.deepEqual([code, reason !== ''], [4429, true])
    const admin = await openStream(server, await server.operator('admin'), only(one, two))
    const others = await openStream(server, token, only(one))
    await upload(one)
    await Promise.all([first.received(1), others.received(1), admin.received(1)])
    await first.close()
    const again = await openStream(server, token, only(one, two))
    await upload(two)
    await again.received(1)
    await Promise.all([again.close(), others.close(), admin.close()])
  })
  it('a subscriber that does not read, with a reason, and delays nobody else', async () => {
    const [busy, quiet] = [await server.charger(), await server.charger()]
    const slow = await openStream(roomy, token, only(busy))
    const fast = await openStream(roomy, token, only(busy, quiet))
    slow.socket.pause()
    const dropped = async () => (await roomy.services.metrics.streamDrops.get()).values[0]?.value ?? 0
    const before = await dropped()
    let rows = 0
    const newest = new Date()
    // The kernel takes some megabytes before anything waits in the server.
    for (let batch = 0; (await dropped()) === before; batch++) {
      assert.ok(batch < 400, 'the slow subscriber is still there')
      rows += 500
      await db.raw(
        `insert into telemetry.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
           energy_delivered_kwh, soc_percent)
         select d.tenant_id, d.device_id, 1, :newest::timestamptz - n * interval '1 millisecond', 'charging', 400, 450, 180, 1.5, 42
         from core.devices d, generate_series(:from::int, :from::int + 499) n where device_id = :device`,
        { newest, from: batch * 500, device: busy.deviceId },
      )
      const from = performance.now()
      const count = fast.frames.length
      await upload(quiet, { timestamp: new Date(Date.now() - batch).toISOString() }, roomy)
      while (!fast.frames.slice(count).some(({ device_id }) => device_id === quiet.deviceId))
        await fast.received(fast.frames.length + 1)
      assert.ok(performance.now() - from < 1000, 'a frame was delayed')
    }
    slow.socket.resume()
    const { code, reason } = await slow.closed()
    assert.deepEqual([code, reason], [4429, 'too slow'])
    assert.ok(slow.frames.length < rows)
    assert.equal(fast.frames.filter(({ device_id }) => device_id === busy.deviceId).length, rows)
    await fast.close()
  })
})

async function chargerOfOther(): Promise<TestCharger> {
  const as = await server.operator('other')
  const sn = `OTHER-${randomUUID()}`
  const facts = { sn, model: 'TP-DC180', manufacturer: 'Tellus Power', firmware_version: '1' }
  const { device_id, device_secret } = (await server.call('POST', '/v1/device/register', { token: as, body: facts }))
    .body.data
  const credentials = { device_id, device_secret, grant_type: 'client_credentials' }
  const answer = await server.call('POST', '/v1/device/token', { body: credentials })
  return { deviceId: device_id, secret: device_secret, sn, token: answer.body.access_token }
}
