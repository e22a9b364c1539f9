import assert from 'node:assert/strict'
import { once } from 'node:events'
import { beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import WebSocket from 'ws'
import { sample } from '../support/bodies.ts'
import { type Charger, operatorToken, registerCharger, send } from './requests.ts'
import { startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, openSeededWorkplace, postmasterPid, query } from './workplace.ts'

const place = openSeededWorkplace()
const server = await startServer(place)
const operator = await operatorToken(server.url, place)

const isReady = async () => (await send('GET', `${server.metricsUrl}/ready`)).status === 200
const becomesReady = () => eventually('the feed', 10_000, isReady)
const becomesUnready = () => eventually('no feed', 15_000, async () => !(await isReady()))

let charger: Charger
beforeEach(async () => {
  charger = await registerCharger(server.url)
})

const upload = (change = {}) =>
  send('POST', `${server.url}/v1/device/telemetry`, { token: charger.token, body: sample(change) })
const poll = () => send('GET', `${server.url}/v1/device/commands?wait=40`, { token: charger.token })

async function command(): Promise<string> {
  const path = `/v1/devices/${charger.deviceId}/connectors/1/start`
  const body = { charge_power: 50, target_soc: 80 }
  const answer = await send('POST', `${server.url}${path}`, { token: operator, body })
  return answer.body.data.command_id
}

interface Frame {
  type?: string
  timestamp?: string
  from?: string
  to?: string
  connectors?: { power: number }[]
}

async function openStream(): Promise<{ frames: Frame[]; close(): void }> {
  const stream = new WebSocket(`${server.url.replace('http', 'ws')}/stream?devices=${charger.deviceId}`, {
    headers: { authorization: `Bearer ${operator}` },
  })
  const frames: Frame[] = []
  stream.on('message', data => frames.push(JSON.parse(String(data))))
  await once(stream, 'open')
  return { frames, close: () => stream.close() }
}

/** Ends the feed's connection and takes every slot that it could have instead, until the returned function is called. */
async function keepFeedAway(): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: embeddedUrl(place) })
  await client.connect()
  const take = (name: string) =>
    client.query('select pg_create_physical_replication_slot($1, false, true)', [name]).then(
      () => true,
      () => false,
    )
  for (let taken = 0; await take(`taken_${taken}`); ) taken++
  await client.query('select pg_terminate_backend(pid) from pg_stat_replication')
  await eventually('the last slot', 2000, () => take('taken_last'))
  await becomesUnready()
  return () => client.end()
}

describe('the feed', () => {
  it('away while the database is there: requests go on, then polls wake, and streams hear of the gap', async () => {
    const stream = await openStream()
    const before = Date.now()
    const giveBack = await keepFeedAway()
    const waiting = poll()
    await delay(200)
    const queued = await command()
    assert.equal((await upload()).status, 200)
    assert.equal((await send('GET', `${server.url}/v1/health`)).status, 200)
    await giveBack()
    await becomesReady()
    assert.equal((await waiting).body.data.command_id, queued)
    const gap = await eventually('the gap', 2000, () => stream.frames.find(({ type }) => type === 'gap'))
    assert.ok(Date.parse(gap.from!) <= before && Date.parse(gap.to!) > before)
    await upload({ timestamp: new Date(Date.now() + 1000).toISOString(), power: 77 })
    await eventually('the next frame', 1000, () => stream.frames.find(frame => frame.connectors?.[0]?.power === 77))
    stream.close()
  })

  it('away: a token revoked meanwhile is refused at once, and stays refused', async () => {
    assert.equal((await upload()).status, 200)
    const giveBack = await keepFeedAway()
    assert.equal((await upload({ soc: 1, connector_id: 2 })).status, 200)
    const revoke = 'update core.access_tokens set revoked_at = now() where device_id = $1'
    await query(embeddedUrl(place), revoke, [charger.deviceId])
    assert.equal((await upload()).status, 401)
    await giveBack()
    await becomesReady()
    assert.equal((await upload()).status, 401)
  })

  it('its connection alone ended: it is back within a second', async () => {
    const stream = await openStream()
    await query(embeddedUrl(place), 'select pg_terminate_backend(pid) from pg_stat_replication')
    await eventually('the gap', 1000, () => stream.frames.find(({ type }) => type === 'gap'))
    const waiting = poll()
    const queued = await command()
    assert.equal((await waiting).body.data.command_id, queued)
    stream.close()
  })

  it('Postgres restarted: polls that waited through it wake, streams hear of the gap', async () => {
    const stream = await openStream()
    const waiting = poll()
    await delay(200)
    const before = postmasterPid(place)
    process.kill(before, 'SIGINT')
    await becomesUnready()
    await becomesReady()
    assert.notEqual(postmasterPid(place), before)
    await eventually('the gap', 2000, () => stream.frames.find(({ type }) => type === 'gap'))
    const queued = await command()
    assert.equal((await waiting).body.data.command_id, queued)
    await upload({ power: 78 })
    await eventually('the next frame', 1000, () => stream.frames.find(frame => frame.connectors?.[0]?.power === 78))
    stream.close()
  })
})
