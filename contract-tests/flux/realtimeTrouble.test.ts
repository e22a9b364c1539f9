import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { on, once } from 'node:events'
import { after, describe, it } from 'node:test'
import pg from 'pg'
import WebSocket from 'ws'
import { openTestDatabase, startServerOn } from '../support/testServer.ts'

/** What subscribers are told when something goes wrong. */

const database = await openTestDatabase()
const server = await startServerOn(database)
const leaving = await startServerOn(database)
const owner = new pg.Client({ connectionString: database.url })
await owner.connect()
after(async () => {
  await owner.end()
  await server.close()
  await database.drop()
})
const { anon_key } = server.credentials.flux

type Frame = [string | null, string | null, string, string, Record<string, unknown>]

/** A subscription to one battery, confirmed. */
async function subscribe(device: string, { port } = server) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/realtime/v1/websocket?vsn=2.0.0&apikey=${anon_key}`)
  const messages = on(socket, 'message', { close: ['close'] })
  await once(socket, 'open')
  const binding = { event: '*', schema: 'flux', table: 'mg_bess_readings', filter: `device_id=eq.${device}` }
  socket.send(JSON.stringify(['1', '1', 'realtime:x', 'phx_join', { config: { postgres_changes: [binding] } }]))
  const next = async (wanted: (frame: Frame) => boolean): Promise<Frame> => {
    for (;;) {
      const { value, done } = await messages.next()
      assert.ok(!done, 'the server ended the connection')
      const frame = JSON.parse(String(value[0])) as Frame
      if (wanted(frame)) return frame
    }
  }
  await next(([, , , event, payload]) => event === 'system' && payload.status === 'ok')
  return { socket, next }
}

const isChange = ([, , , event]: Frame) => event === 'postgres_changes'
const insert = (device: string, from: number, rows: number) =>
  owner.query(
    `insert into flux.mg_bess_readings (device_id, time, soe)
     select $1, timestamptz '2024-06-01Z' + n * interval '1 second', 50 from generate_series($2::int, $2::int + $3::int - 1) n`,
    [device, from, rows],
  )

describe('realtime', () => {
  it('tells of a gap when changes may have been missed, and goes on', async () => {
    const device = randomUUID()
    const { next, socket } = await subscribe(device)
    await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'
      and datname = current_database()`)
    const [, , , , payload] = await next(([, , , event]) => event === 'system')
    assert.equal(payload.status, 'resync')
    assert.match(String(payload.message), /read the tables/)
    await insert(device, 0, 1)
    await next(isChange)
    socket.terminate()
  })

  it('drops one who does not read, with a reason, and delays nobody else', async () => {
    const [busy, quiet] = [randomUUID(), randomUUID()]
    const slow = await subscribe(busy)
    const fast = await subscribe(quiet)
    slow.socket.pause()
    const dropped = async () => (await server.services.metrics.streamDrops.get()).values[0]?.value ?? 0
    const before = await dropped()
    // The kernel takes some megabytes before anything waits in the server.
    for (let batch = 0; (await dropped()) === before; batch++) {
      assert.ok(batch < 200, 'the slow subscriber is still there')
      await insert(busy, batch * 500, 500)
      const from = performance.now()
      await insert(quiet, batch, 1)
      await fast.next(isChange)
      assert.ok(performance.now() - from < 1000, 'a change was delayed')
    }
    slow.socket.resume()
    const [code, reason] = await once(slow.socket, 'close')
    assert.deepEqual([code, String(reason)], [4429, 'too slow'])
    fast.socket.terminate()
  })

  it('says goodbye when the server goes', async () => {
    const { socket } = await subscribe(randomUUID(), leaving)
    const closed = once(socket, 'close')
    const from = performance.now()
    await leaving.close()
    const [code] = await closed
    assert.equal(code, 1001)
    assert.ok(performance.now() - from < 8000)
  })
})
