import type { Child } from '../child.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { type Measured, measure } from './measure.ts'

const PATHS = ['/v1/devices', '/v1/sites', '/v1/charging-records?size=20']
const CONNECTIONS = 32
const WANTED = 0.5

/** What an operator's console reads, one list after the other. */
export type ConsoleRun = Measured[]

export async function runConsole({ load, place, plan }: Bench, server: Child): Promise<ConsoleRun> {
  const job = (path: string, seconds: number) => ({
    connections: CONNECTIONS,
    seconds,
    traffic: { kind: 'get' as const, path, token: place.fleet.operatorToken },
  })
  const measured: Measured[] = []
  for (const path of PATHS) {
    await measure(load, server, job(path, plan.warmupSeconds / 3))
    measured.push(await measure(load, server, job(path, plan.consoleSeconds)))
  }
  return measured
}

export function consoleLines(ours: ConsoleRun[], bare: ConsoleRun[]): Line[] {
  return PATHS.flatMap((path, index) => [
    {
      name: `GET ${path}: bare, same SQL`,
      unit: '1/s',
      ours: ours.map(run => run[index]!.perSecond),
      baseline: bare.map(run => run[index]!.perSecond),
      wanted: { atLeast: WANTED },
    },
    {
      name: `GET ${path}: server CPU, bare`,
      unit: 's/1000',
      ours: ours.map(run => run[index]!.cpuMilliseconds),
      baseline: bare.map(run => run[index]!.cpuMilliseconds),
    },
  ])
}
