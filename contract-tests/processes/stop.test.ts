import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import WebSocket from 'ws'
import { acknowledgements, assertStored, startLoad } from './load.ts'
import { operatorToken, registerCharger, send } from './requests.ts'
import { type Ending, type ServerProcess, spawnServer, startServer } from './serverProcess.ts'
import { embeddedUrl, eventually, isRunning, openSeededWorkplace, postgresPids, postmasterPid } from './workplace.ts'

const place = openSeededWorkplace()

/** Stops a server in the middle of its work, and looks at what everybody who was connected got to see. */
async function stopUnderLoad(server: ServerProcess, stop: () => Promise<Ending>): Promise<void> {
  const chargers = await Promise.all(Array.from({ length: 8 }, () => registerCharger(server.url)))
  const postgres = postmasterPid(place)
  const polls = chargers.map(({ token }) => send('GET', `${server.url}/v1/device/commands?wait=60`, { token }))
  const stream = await openStream(server, await operatorToken(server.url, place))
  const closed = once(stream, 'close')
  const load = startLoad(() => server.url, chargers)
  await acknowledgements(load, 300)

  const started = performance.now()
  const ending = await stop()
  const took = performance.now() - started
  await load.stop()
  assert.deepEqual(ending, { code: 0, signal: null }, server.complained())
  assert.ok(took < 8000, `it took ${took} ms`)
  assert.ok(!isRunning(postgres), 'Postgres is gone too')
  // Nobody who was connected is cut off in the middle; who comes later is not let in.
  assert.deepEqual(Object.keys(load.statuses), ['200'], [...load.refusals].join())
  assert.deepEqual(Object.keys(load.broken), ['ECONNREFUSED'], JSON.stringify(load.broken))
  for (const { status, body } of await Promise.all(polls)) assert.deepEqual([status, body.data], [200, null])
  assert.equal((await closed)[0], 1001)

  const again = await startServer(place)
  await assertStored(embeddedUrl(place), load)
  assert.equal((await again.kill('SIGTERM')).code, 0)
}

async function openStream(server: ServerProcess, token: string): Promise<WebSocket> {
  const stream = new WebSocket(`${server.url.replace('http', 'ws')}/stream?token=${token}`)
  await once(stream, 'open')
  return stream
}

it('SIGTERM answers what is in flight, ends long-polls and streams, and is gone within 8 s with code 0', async () => {
  const server = await startServer(place)
  await stopUnderLoad(server, () => server.kill('SIGTERM'))
})

it('Ctrl-C does the same, though the terminal tells the whole process group', async () => {
  const server = await startServer(place)
  await stopUnderLoad(server, () => server.killGroup('SIGINT'))
})

it('SIGTERM does not wait for clients that say nothing any more', async () => {
  const server = await startServer(place)
  const deaf = await openStream(server, 'nobody')
  deaf.on('error', () => {}).pause()
  const { port } = new URL(server.url)
  const halfSaid = connect(Number(port), '127.0.0.1').on('error', () => {})
  halfSaid.write(
    'POST /v1/oauth/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  )
  await delay(100)
  const started = performance.now()
  const { code } = await server.kill('SIGTERM')
  const took = performance.now() - started
  deaf.terminate()
  halfSaid.destroy()
  assert.equal(code, 0)
  assert.ok(took < 8000, `it took ${took} ms`)
})

it('SIGTERM during the start leaves no Postgres running', async () => {
  const { child, ending } = spawnServer(place)
  const postgres = await eventually('a Postgres', 10_000, () => postgresPids(place).at(-1))
  child.kill('SIGTERM')
  assert.deepEqual(await ending, { code: 0, signal: null })
  await eventually('no Postgres', 3000, () => !isRunning(postgres))
})
