import assert from 'node:assert/strict'
import net from 'node:net'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runOcppTwin } from '../../../twin/ocpp/run.ts'
import { openBoard } from '../../board/board.ts'
import { eventually } from '../../processes/workplace.ts'
import { openEvents } from '../../support/eventClient.ts'
import { closeStations, connectRaw, dial } from '../../support/rawStation.ts'
import { startTestServer } from '../../support/testServer.ts'

const server = await startTestServer({ STREAM_BUFFER_BYTES: '65536' })
const { db } = server.services
const { password } = server.credentials.ocpp
const board = await openBoard(server)
after(closeStations)

const until = { over: false }

/** Does something again and again until the end, with a new station each time. */
async function again(name: string, act: (identity: string) => Promise<unknown>): Promise<number> {
  let count = 0
  for (; !until.over; count++) {
    await act(`${name}-${count % 10}`)
    await delay(20)
  }
  return count
}

const connect = (identity: string) => connectRaw(server.url, { identity, password })

/** What stations do that are broken, or whose operators do not mean well. */
const NEIGHBOURS: Record<string, (identity: string) => Promise<unknown>> = {
  async sendTooMuch(identity) {
    const station = await connect(identity)
    station.send([2, 'long', 'DataTransfer', { vendorId: 'V', data: 'x'.repeat(200_000) }])
    assert.equal((await station.closed).code, 1009)
  },
  async sendNonsense(identity) {
    const station = await connect(identity)
    for (const text of ['{', '[]', '[2]', '[9,"x","y",{}]', '[2,7,"Heartbeat",{}]', 'null', '[3,"nobody asked",{}]'])
      station.sendText(text)
    station.send([2, 'sane', 'Heartbeat', {}])
    let frame = await station.next()
    while (frame[1] !== 'sane') frame = await station.next()
    assert.equal(frame[0], 3)
    await station.close()
  },
  async pipeline(identity) {
    const station = await connect(identity)
    for (let index = 0; index < 50; index++) station.send([2, `${index}`, 'Heartbeat', {}])
    for (let index = 0; index < 50; index++) assert.equal((await station.next())[1], `${index}`)
    await station.close()
  },
  async flood(identity) {
    const station = await connect(identity)
    for (let index = 0; index < 500; index++) station.send([2, `${index}`, 'DataTransfer', { vendorId: 'V' }])
    assert.equal((await station.closed).code, 1008)
  },
  async vanish(identity) {
    const station = await connect(identity)
    station.send([2, 'last', 'DataTransfer', { vendorId: 'V' }])
    station.socket.terminate()
  },
  async fightForOneIdentity() {
    const [first, second] = await Promise.all([connect('FOUGHT-FOR'), connect('FOUGHT-FOR')])
    await Promise.race([first.closed, second.closed])
    for (const { socket } of [first, second]) socket.terminate()
  },
  async guessPasswords(identity) {
    const socket = dial(server.url, { identity, password: `wrong ${Math.random()}` })
    await new Promise<void>(resolve => socket.once('error', () => resolve()))
  },
  /** Half a handshake, and then nothing. */
  async stopInTheMiddle() {
    const { hostname, port } = new URL(server.url)
    const socket = net.connect(Number(port), hostname, () => socket.write('GET /ocpp/HALF HTTP/1.1\r\nUpgrade: webso'))
    await delay(100)
    socket.destroy()
  },
}

describe('beside all kinds of bad neighbours and a client of /api/messages/stream that does not read', () => {
  it('stations charge as if they were alone', { timeout: 120_000 }, async () => {
    const { sessionId } = (
      await server.call('POST', '/api/auth/login', { body: { token: server.credentials.board.token } })
    ).body
    const slow = await openEvents(server, '/messages/stream', sessionId)
    slow.response.pause()
    const neighbours = Object.entries(NEIGHBOURS).map(([name, act]) => again(name, act))
    const summaries = await Promise.all(
      (['ocpp1.6', 'ocpp2.0.1'] as const).map(protocol =>
        runOcppTwin({
          url: server.url,
          protocol,
          password,
          chargers: 10,
          occupied: 1,
          sessionsPerHour: 60,
          faultRate: 0,
          reconnectRate: 0,
          duration: 12,
          speed: 20,
        }),
      ),
    )
    until.over = true
    const counts = await Promise.all(neighbours)
    assert.ok(
      counts.every(count => count > 0),
      counts.join(),
    )
    for (const summary of summaries) {
      assert.equal(summary.ok, true, JSON.stringify(summary))
      assert.deepEqual(summary.handshakes, {})
      assert.ok(summary.sessions >= 15, `${summary.sessions} sessions`)
      const rows = await db('ocpp.transactions').where({ protocol: summary.protocol }).whereNotNull('ended_at')
      assert.equal(rows.length, summary.sessions)
    }
    slow.close()
    const events = (await board.get('/security?limit=1000')).body as { category: string }[]
    const categories = new Set(events.map(({ category }) => category))
    for (const category of ['AUTH_FAILED', 'MALFORMED_FRAME', 'FLOOD'])
      assert.ok(categories.has(category), `no ${category} among ${[...categories]}`)
  })

  it('nobody is left online who is gone', async () => {
    await eventually('nobody', 10_000, async () => (await board.get('/connections?status=online')).body.length === 0)
  })
})
