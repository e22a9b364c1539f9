import type { Child } from '../child.ts'
import { ask } from '../load/ask.ts'
import type { Job, JobResult } from '../load/job.ts'
import type { StationJob } from '../load/stationJob.ts'
import type { Stations } from '../stations.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import type { Measured } from './measure.ts'

export const STATIONS = [50, 500]
const WANTED_CPU = 4
const WANTED_RATE = 1
const WANTED_POLLED_RATE = 2
const WANTED_P50 = 1.5

/** MeterValues of as many stations, each sending when the last was answered. */
export interface RoundTrips {
  alone: Measured
  /** While one client polls /overview without pause; where there is one. */
  polled?: Measured
}

/** Round trips at each number of stations. */
export type OcppRun = RoundTrips[]

interface Place {
  bench: Bench
  server: Child
  /** The process that plays the stations. */
  player: Child
  stations: Stations
  /** Of the board, where there is one; the peer asks for none. */
  token?: string
}

/** MeterValues with their answers, and again while somebody looks at the board. */
export async function runRoundTrips(place: Place): Promise<OcppRun> {
  const { bench, server, player, stations, token } = place
  const { ocppWarmupSeconds, ocppSeconds } = bench.plan
  const runs: OcppRun = []
  for (const count of STATIONS) {
    const identities = stations.identities.slice(0, count)
    await tell(player, { kind: 'open', port: server.port, identities, password: stations.password })
    await call(place, ocppWarmupSeconds)
    const alone = await call(place, ocppSeconds)
    const polled = token === undefined ? undefined : await whilePolled(place, token)
    runs.push(polled === undefined ? { alone } : { alone, polled })
    await tell(player, { kind: 'close' })
  }
  return runs
}

const tell = (player: Child, job: StationJob) => ask<undefined>(player, job)

async function whilePolled(place: Place, token: string): Promise<Measured> {
  const { bench, server } = place
  const seconds = bench.plan.ocppSeconds
  const traffic = { kind: 'get' as const, path: '/api/overview', token }
  const polling: Job = { port: server.port, connections: 1, seconds, traffic }
  const [measured, polls] = await Promise.all([call(place, seconds), ask<JobResult>(bench.load, polling)])
  checkRefused(polls)
  return measured
}

async function call({ player, server }: Place, seconds: number): Promise<Measured> {
  const before = server.cpuSeconds()
  const result = await ask<JobResult>(player, { kind: 'call', seconds } satisfies StationJob)
  const cpu = server.cpuSeconds() - before
  checkRefused(result)
  return { ...result, perSecond: result.answered / result.seconds, cpuMilliseconds: (cpu * 1000) / result.answered }
}

function checkRefused({ refused }: JobResult): void {
  const kinds = Object.entries(refused).map(([status, count]) => `${count} times ${status}`)
  if (kinds.length > 0) throw new Error(`the server under load answered ${kinds.join(', ')}`)
}

/** @param peer empty where it could not be had */
export function ocppLines(ours: OcppRun[], bare: OcppRun[], peer: OcppRun[]): Line[] {
  return STATIONS.flatMap((stations, index) => {
    const of = (runs: OcppRun[], pick: (trips: RoundTrips) => number) => runs.map(run => pick(run[index]!))
    const name = `OCPP, MeterValues of ${stations} stations`
    const rate = ({ alone }: RoundTrips) => alone.perSecond
    const polledRate = ({ polled }: RoundTrips) => polled!.perSecond
    const cpu = ({ alone }: RoundTrips) => alone.cpuMilliseconds
    const versusPeer: Line[] = [
      {
        name: `${name}: ocpp-ws-io and its board, in memory`,
        unit: '1/s',
        ours: of(ours, rate),
        baseline: of(peer, rate),
        wanted: { atLeast: WANTED_RATE },
      },
      {
        name: `${name}, /overview polled: the same`,
        unit: '1/s',
        ours: of(ours, polledRate),
        baseline: of(peer, polledRate),
        wanted: { atLeast: WANTED_POLLED_RATE },
      },
      { name: `${name}: server CPU, the same`, unit: 's/1000', ours: of(ours, cpu), baseline: of(peer, cpu) },
    ]
    return [
      {
        name: `${name}: server CPU, bare ws and Ajv`,
        unit: 's/1000',
        ours: of(ours, cpu),
        baseline: of(bare, cpu),
        wanted: { atMost: WANTED_CPU },
      },
      ...(peer.length === ours.length ? versusPeer : []),
      {
        name: `${name}, /overview polled: p50, not polled`,
        unit: 'ms',
        ours: of(ours, ({ polled }) => polled!.p50),
        baseline: of(ours, ({ alone }) => alone.p50),
        wanted: { atMost: WANTED_P50 },
      },
    ]
  })
}
