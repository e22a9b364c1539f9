import path from 'node:path'
import { startServer } from '../child.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { type Measured, measure } from './measure.ts'

const CONNECTIONS = 16
const TIMES = 10
/** The same code on the same request: what differs is noise, and growth with the operations would be far above it. */
const WANTED = 1.1

/** One request through the dispatcher with the contract as it is, or with many times its operations. */
async function runDispatcher({ load, place, plan }: Bench, times: number): Promise<Measured> {
  const logFile = path.join(place.dataDir, 'operations.log')
  const server = await startServer({
    file: 'bench/dispatcher.ts',
    args: [String(times), place.fleetFile, logFile],
  })
  const traffic = { kind: 'telemetry' as const, chargers: place.fleet.chargers }
  await measure(load, server, { connections: CONNECTIONS, seconds: plan.warmupSeconds, traffic })
  const measured = await measure(load, server, { connections: CONNECTIONS, seconds: plan.operationsSeconds, traffic })
  await server.stop()
  return measured
}

export interface OperationsRun {
  plain: Measured
  padded: Measured
}

export async function runOperations(bench: Bench): Promise<OperationsRun> {
  return { plain: await runDispatcher(bench, 1), padded: await runDispatcher(bench, TIMES) }
}

export function operationsLines(runs: OperationsRun[]): Line[] {
  return [
    {
      name: `dispatcher without database: CPU with ${TIMES} times the operations, as it is`,
      unit: 's/1000',
      ours: runs.map(({ padded }) => padded.cpuMilliseconds),
      baseline: runs.map(({ plain }) => plain.cpuMilliseconds),
      wanted: { atMost: WANTED },
    },
  ]
}
