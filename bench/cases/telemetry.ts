import type { Child } from '../child.ts'
import type { Job } from '../load/job.ts'
import { CONNECTIONS } from '../plan.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { type Measured, measure } from './measure.ts'

/** Telemetry at each number of connections, against one server. */
export type TelemetryRun = Measured[]

export async function runTelemetry({ load, place, plan }: Bench, server: Child): Promise<TelemetryRun> {
  const traffic: Job['traffic'] = { kind: 'telemetry', chargers: place.fleet.chargers }
  await measure(load, server, { connections: CONNECTIONS[0]!, seconds: plan.warmupSeconds, traffic })
  const measured: Measured[] = []
  for (const connections of CONNECTIONS) {
    measured.push(await measure(load, server, { connections, seconds: plan.telemetrySeconds, traffic }))
  }
  return measured
}

const VERSUS_EXPRESS = [2.5, 3]
const VERSUS_BARE = 0.6
const SPREAD = 1.5

/** @param ours, express, bare one entry per run */
export function telemetryLines(ours: TelemetryRun[], express: TelemetryRun[], bare: TelemetryRun[]): Line[] {
  return CONNECTIONS.flatMap((connections, index) => {
    const of = (runs: TelemetryRun[], pick: (measured: Measured) => number) => runs.map(run => pick(run[index]!))
    const line = (
      name: string,
      unit: string,
      baseline: TelemetryRun[],
      pick: (measured: Measured) => number,
    ): Line => ({
      name: `telemetry at ${connections} connections: ${name}`,
      unit,
      ours: of(ours, pick),
      baseline: of(baseline, pick),
    })
    const cpu = ({ cpuMilliseconds }: Measured) => cpuMilliseconds
    const rate = ({ perSecond }: Measured) => perSecond
    return [
      { ...line('Express, one insert each', '1/s', express, rate), wanted: { atLeast: VERSUS_EXPRESS[index]! } },
      { ...line('bare, group commit', '1/s', bare, rate), wanted: { atLeast: VERSUS_BARE } },
      { ...line('p99/p50, bare', '', bare, ({ p50, p99 }) => p99 / p50), wanted: { atMost: SPREAD } },
      line('p50, bare', 'ms', bare, ({ p50 }) => p50),
      line('p99, bare', 'ms', bare, ({ p99 }) => p99),
      line('server CPU, Express', 's/1000', express, cpu),
      line('server CPU, bare', 's/1000', bare, cpu),
    ]
  })
}
