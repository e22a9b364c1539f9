import { randomUUID } from 'node:crypto'
import { on, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@supabase/supabase-js'
import pg from 'pg'
import WebSocket from 'ws'
import type { Child } from '../child.ts'
import { quantile } from '../statistics.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'

const OTHERS = 500
const ROWS_PER_COMMIT = 200
const WANTED_P50 = 10
const WANTED_P99 = 50
/** What the cost of a change may grow by, which is the noise of the figure itself. */
const WANTED_GROWTH = 1.2

export interface RealtimeRun {
  /** Milliseconds from sending a commit to the callback of supabase-js. */
  p50: number
  p99: number
  /** Processor time of the server per change, in microseconds: one who hears, and many more of other devices. */
  alone: number
  among: number
}

export async function runRealtime(bench: Bench, server: Child): Promise<RealtimeRun> {
  const database = new pg.Client({ connectionString: bench.place.databaseUrl })
  await database.connect()
  try {
    const latencies = await commitToCallback(bench, server, database)
    const alone = await costOfChange(bench, server, database)
    const others = await joinOthers(bench, server)
    const among = await costOfChange(bench, server, database)
    for (const other of others) other.terminate()
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), alone, among }
  } finally {
    await database.end()
  }
}

/** One commit after the other, each sent when the one before was heard of. */
async function commitToCallback({ place, plan }: Bench, { port }: Child, database: pg.Client): Promise<Float64Array> {
  const client = createClient(`http://127.0.0.1:${port}`, place.flux.anon_key)
  const device = randomUUID()
  let heard = () => {}
  await new Promise<void>((resolve, reject) => {
    client
      .channel('bench')
      .on(
        'postgres_changes',
        { event: 'INSERT', schema: 'flux', table: 'mg_bess_readings', filter: `device_id=eq.${device}` },
        () => heard(),
      )
      .on('system', {}, ({ status, message }) => (status === 'ok' ? resolve() : reject(new Error(message))))
      .subscribe()
  })
  const latencies: number[] = []
  for (let sample = 0; sample < plan.realtimeCommits; sample++) {
    await database.query('begin')
    await database.query(
      'insert into flux.mg_bess_readings (device_id, time, soe) values ($1, clock_timestamp(), 50)',
      [device],
    )
    const arrival = new Promise<void>(resolve => {
      heard = resolve
    })
    const startedAt = performance.now()
    await Promise.all([database.query('commit'), arrival])
    latencies.push(performance.now() - startedAt)
    // Readings come one by one, not in a rush that keeps everything warm.
    await delay(10)
  }
  await client.realtime.disconnect()
  return Float64Array.from(latencies).sort()
}

/** Until the last change has reached the only one who listens to its device. */
async function costOfChange({ place, plan }: Bench, server: Child, database: pg.Client): Promise<number> {
  const device = randomUUID()
  const listener = await join(server.port, place.flux.anon_key, `device_id=eq.${device}`)
  const before = server.cpuSeconds()
  for (let commit = 0; commit < plan.realtimeCommits; commit++)
    await database.query(
      `insert into flux.mg_bess_readings (device_id, time, soe)
       select gen_random_uuid(), clock_timestamp(), 50 from generate_series(1, $1)`,
      [ROWS_PER_COMMIT],
    )
  const last = once(listener, 'message')
  await database.query('insert into flux.mg_bess_readings (device_id, time, soe) values ($1, clock_timestamp(), 50)', [
    device,
  ])
  await last
  const cpu = server.cpuSeconds() - before
  listener.terminate()
  return (cpu * 1e6) / (plan.realtimeCommits * ROWS_PER_COMMIT)
}

const joinOthers = ({ place }: Bench, { port }: Child): Promise<WebSocket[]> =>
  Promise.all(Array.from({ length: OTHERS }, () => join(port, place.flux.anon_key, `device_id=eq.${randomUUID()}`)))

/** Resolves when the server has confirmed the subscription. */
async function join(port: number, key: string, filter: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/realtime/v1/websocket?vsn=2.0.0&apikey=${key}`)
  await once(socket, 'open')
  const binding = { event: 'INSERT', schema: 'flux', table: 'mg_bess_readings', filter }
  socket.send(JSON.stringify(['1', '1', 'realtime:bench', 'phx_join', { config: { postgres_changes: [binding] } }]))
  for await (const [data] of on(socket, 'message')) {
    const [, , , event, payload] = JSON.parse(String(data))
    if (event === 'system' && payload.status === 'ok') return socket
    if (payload.status === 'error') throw new Error(JSON.stringify(payload))
  }
  throw new Error('the server ended the connection')
}

export function realtimeLines(runs: RealtimeRun[]): Line[] {
  return [
    {
      name: 'realtime, commit to callback of supabase-js: p50',
      unit: 'ms',
      ours: runs.map(({ p50 }) => p50),
      wanted: { atMost: WANTED_P50 },
    },
    {
      name: 'realtime, commit to callback of supabase-js: p99',
      unit: 'ms',
      ours: runs.map(({ p99 }) => p99),
      wanted: { atMost: WANTED_P99 },
    },
    {
      name: `realtime, server CPU per change among ${OTHERS} of other devices: alone`,
      unit: 'µs',
      ours: runs.map(({ among }) => among),
      baseline: runs.map(({ alone }) => alone),
      wanted: { atMost: WANTED_GROWTH },
    },
  ]
}
