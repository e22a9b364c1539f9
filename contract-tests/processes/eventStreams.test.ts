import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { readCredentials } from '../../src/seed/credentials.ts'
import { type EventClient, openEvents } from '../support/eventClient.ts'
import { closeStations, connectRaw } from '../support/rawStation.ts'
import { send } from './requests.ts'
import { type ServerProcess, startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, openSeededWorkplace, openWorkplace, postmasterPid, query } from './workplace.ts'

/** Event streams of the board over several processes, and when a process or its way to the database breaks. */

const place = openSeededWorkplace()
let first: ServerProcess
let second: ServerProcess
let session: string

const startSecond = () =>
  startServer(openWorkplace(), { environment: { DATABASE_URL: embeddedUrl(place), BOARD_TOKEN: 'x' } })
const open = (server: ServerProcess, lastId?: string) =>
  openEvents(server, '/messages/stream', session, lastId === undefined ? {} : { 'last-event-id': lastId })
const isReady = async ({ metricsUrl }: ServerProcess) => (await send('GET', `${metricsUrl}/ready`)).status === 200

before(async () => {
  first = await startServer(place)
  second = await startSecond()
  const { token } = readCredentials(place.dataDir)!.board!
  session = (await send('POST', `${first.url}/api/auth/login`, { body: { token } })).body.sessionId
})
after(closeStations)

/** A station at one process that sends a heartbeat: two frames. */
async function heartbeat(server: ServerProcess): Promise<void> {
  const { identity, password } = readCredentials(place.dataDir)!.ocpp!
  const station = await connectRaw(server.url, { identity, password })
  await station.call('Heartbeat', {})
  await station.close()
}
const seen = (stream: EventClient) =>
  stream.of('message').map(({ data }) => `${data.direction} ${data.type} ${data.method}`)
const PAIR = ['IN CALL Heartbeat', 'OUT CALLRESULT Heartbeat']

describe('event streams', () => {
  it('a frame of a station at one process reaches the clients of another within a second', async () => {
    const streams = await Promise.all([open(first), open(second)])
    await Promise.all(streams.map(stream => stream.received('connected', 1)))
    const from = performance.now()
    await heartbeat(first)
    for (const stream of streams) {
      await stream.received('message', 2)
      assert.deepEqual(seen(stream), PAIR)
    }
    assert.ok(performance.now() - from < 1500)
    assert.deepEqual(streams[0]!.of('message'), streams[1]!.of('message'))
    for (const stream of streams) stream.close()
  })

  it('a client whose process is killed goes on at the other one, with nothing lost', async () => {
    const doomed = await open(second)
    const witness = await open(first)
    await Promise.all([doomed, witness].map(stream => stream.received('connected', 1)))
    await heartbeat(first)
    await Promise.all([doomed, witness].map(stream => stream.received('message', 2)))
    await second.kill('SIGKILL')
    await doomed.hasEnded()
    await heartbeat(first)
    const resumed = await open(first, doomed.lastId)
    await resumed.received('message', 2)
    await witness.received('message', 4)
    assert.deepEqual([...doomed.of('message'), ...resumed.of('message')], witness.of('message'))
    assert.equal(resumed.of('reset').length, 0)

    second = await startSecond()
    const late = await open(second, doomed.lastId)
    const [reset] = await late.received('reset', 1)
    assert.equal(reset!.data.reason, 'expired')
    await heartbeat(first)
    await late.received('message', 2)
    assert.deepEqual(seen(late), PAIR)
    for (const stream of [resumed, witness, late]) stream.close()
  })

  it('the connection of the feed is killed: the gap is told, and what comes then is sent', async () => {
    const stream = await open(first)
    await stream.received('connected', 1)
    await heartbeat(second)
    await stream.received('message', 2)
    const { lastId } = stream
    const before = new Date().toISOString()
    await query(embeddedUrl(place), 'select pg_terminate_backend(pid) from pg_stat_replication')
    const [reset] = await stream.received('reset', 1, 15_000)
    assert.equal(reset!.data.reason, 'interrupted')
    assert.ok(reset!.data.to >= before && reset!.data.from <= reset!.data.to)
    assert.ok(reset!.id > lastId)
    await eventually('both feeds', 10_000, async () => (await isReady(first)) && (await isReady(second)))
    await heartbeat(second)
    await stream.received('message', 4)
    assert.equal(stream.of('reset').length, 1)

    const old = await open(first, lastId)
    assert.equal((await old.received('reset', 1))[0]!.data.reason, 'expired')
    const resumed = await open(first, reset!.id)
    await resumed.received('message', 2)
    assert.deepEqual(resumed.of('message'), stream.of('message').slice(2))
    assert.equal(resumed.of('reset').length, 0)
    for (const each of [stream, old, resumed]) each.close()
  })

  it('Postgres restarts: streams stay open, hear of the gap and go on; telemetry too', async () => {
    const stream = await open(first)
    const telemetry = await openEvents(first, '/telemetry/stream', session)
    await Promise.all([stream.received('connected', 1), telemetry.received('telemetry', 1)])
    process.kill(postmasterPid(place), 'SIGINT')
    await eventually('no feed', 15_000, async () => !(await isReady(first)))
    await eventually('the feed', 20_000, () => isReady(first))
    await stream.received('reset', 1)
    const taken = telemetry.of('telemetry').length
    await telemetry.received('telemetry', taken + 1)
    await heartbeat(first)
    await stream.received('message', 2)
    assert.deepEqual(seen(stream), PAIR)
    assert.equal(stream.ended || telemetry.ended, false)
    for (const each of [stream, telemetry]) each.close()
  })
})
