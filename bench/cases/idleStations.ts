import { setTimeout as delay } from 'node:timers/promises'
import type { Child } from '../child.ts'
import { ask } from '../load/ask.ts'
import type { StationJob } from '../load/stationJob.ts'
import type { Stations } from '../stations.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'

export const IDLE_STATIONS = 10_000
const WANTED_MEMORY = 400
const WANTED_CPU = 5
/** What comes with connecting is over after this time, in milliseconds. */
const SETTLE = 5000

export interface IdleRun {
  /** The most memory that the server had, connecting included, in MB (2^20 bytes). */
  memory: number
  /** Of one core, in percent. */
  cpu: number
}

/** Stations that say nothing: what remains are pings and the signs of life between processes. */
export async function runIdle({ plan }: Bench, server: Child, player: Child, stations: Stations): Promise<IdleRun> {
  const { identities, password } = stations
  await ask(player, { kind: 'open', port: server.port, identities, password } satisfies StationJob)
  await delay(SETTLE)
  const [cpuBefore, from] = [server.cpuSeconds(), performance.now()]
  await delay(plan.idleSeconds * 1000)
  const cpu = (100_000 * (server.cpuSeconds() - cpuBefore)) / (performance.now() - from)
  const memory = server.peakMemory()
  await ask(player, { kind: 'close' } satisfies StationJob)
  return { memory, cpu }
}

export function idleLines(runs: IdleRun[]): Line[] {
  const name = `OCPP, ${IDLE_STATIONS.toLocaleString('en')} idle stations`
  return [
    {
      name: `${name}: server memory`,
      unit: 'MB',
      ours: runs.map(({ memory }) => memory),
      wanted: { atMost: WANTED_MEMORY },
    },
    { name: `${name}: of a core`, unit: '%', ours: runs.map(({ cpu }) => cpu), wanted: { atMost: WANTED_CPU } },
  ]
}
