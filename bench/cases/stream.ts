import { type Child, startServer } from '../child.ts'
import { ask, reportOf } from '../load/ask.ts'
import { SUBSCRIBERS } from '../plan.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { measure } from './measure.ts'

const POSTING = 16
const WANTED = 0.5

export interface StreamRun {
  framesPerSecond: number
  /** Processor time of the server, in seconds per million frames. */
  cpuSeconds: number
}

/** Chargers post samples; the time until the last subscriber has the last frame. */
export async function runStream(bench: Bench, server: Child): Promise<StreamRun> {
  const { load, place, plan } = bench
  const traffic = { kind: 'telemetry' as const, chargers: place.fleet.chargers }
  return deliver(bench, server, async () => {
    await measure(load, server, { connections: POSTING, requests: plan.streamFrames, traffic })
  })
}

/** The same number of frames of the same shape, from memory to every socket. */
export async function runBroadcast(bench: Bench): Promise<StreamRun> {
  const server = await startServer({
    file: 'bench/baselines/broadcast.ts',
    args: [bench.place.fleet.chargers[0]!.deviceId],
  })
  const run = await deliver(bench, server, async () => void server.process.send(bench.plan.streamFrames))
  await server.stop()
  return run
}

async function deliver({ place, plan }: Bench, server: Child, publish: () => Promise<void>): Promise<StreamRun> {
  const subscribers = await startServer({ file: 'bench/load/subscribers.ts' })
  const token = place.fleet.operatorToken
  await ask(subscribers, { kind: 'open', port: server.port, token, subscribers: SUBSCRIBERS })
  const frames = SUBSCRIBERS * plan.streamFrames
  subscribers.process.send({ kind: 'expect', frames })
  const finished = reportOf<number>(subscribers)
  const cpuBefore = server.cpuSeconds()
  const startedAt = performance.timeOrigin + performance.now()
  await publish()
  const finishedAt = await finished
  const cpu = server.cpuSeconds() - cpuBefore
  await subscribers.stop()
  return { framesPerSecond: (frames * 1000) / (finishedAt - startedAt), cpuSeconds: (cpu * 1e6) / frames }
}

export function streamLines(ours: StreamRun[], broadcast: StreamRun[]): Line[] {
  return [
    {
      name: `/stream to ${SUBSCRIBERS} subscribers: bare ws broadcast`,
      unit: 'frames/s',
      ours: ours.map(({ framesPerSecond }) => framesPerSecond),
      baseline: broadcast.map(({ framesPerSecond }) => framesPerSecond),
      wanted: { atLeast: WANTED },
    },
    {
      name: `/stream to ${SUBSCRIBERS} subscribers: server CPU, bare`,
      unit: 's/million',
      ours: ours.map(({ cpuSeconds }) => cpuSeconds),
      baseline: broadcast.map(({ cpuSeconds }) => cpuSeconds),
    },
  ]
}
