import { parseArgs } from 'node:util'
import { startPostgrest } from './baselines/postgrest.ts'
import { type ArchiveRun, archiveLines, runArchive } from './cases/archive.ts'
import { type AuditRun, auditLines, runAudit } from './cases/audit.ts'
import type { Bench } from './cases/bench.ts'
import { bootLines, runBoot } from './cases/boot.ts'
import { type ConsoleRun, consoleLines, runConsole } from './cases/console.ts'
import { type BulkRun, bulkLines, type FluxRun, fluxLines, runBulk, runFlux } from './cases/flux.ts'
import { type OperationsRun, operationsLines, runOperations } from './cases/operations.ts'
import { type RealtimeRun, realtimeLines, runRealtime } from './cases/realtime.ts'
import { runBroadcast, runStream, type StreamRun, streamLines } from './cases/stream.ts'
import { runTelemetry, type TelemetryRun, telemetryLines } from './cases/telemetry.ts'
import { startServer, stopAll, withServer } from './child.ts'
import { runOcpp } from './ocpp.ts'
import { makeDataDir, openPlace, type Place, removeDataDir } from './place.ts'
import { FULL, type Plan, QUICK } from './plan.ts'
import { type Line, printTable } from './table.ts'

const WANTED_MEMORY = 256

/** Everything that was measured, one entry per run. */
interface Runs {
  ours: TelemetryRun[]
  express: TelemetryRun[]
  bare: TelemetryRun[]
  console: ConsoleRun[]
  bareConsole: ConsoleRun[]
  stream: StreamRun[]
  broadcast: StreamRun[]
  operations: OperationsRun[]
  flux: FluxRun[]
  postgrest: FluxRun[]
  bulk: BulkRun[]
  realtime: RealtimeRun[]
  archive: ArchiveRun[]
  audit: AuditRun[]
  /** Peak of the server's resident memory after telemetry, console and stream, in MB. */
  memory: number[]
}

/**
 * `npm run bench`: the server against baselines that do the least that could be meant, on one Postgres, in turns. It
 * prints a table and never fails for a figure: a shared machine is no judge, the reader is. `--only ocpp` leaves the rest
 * out, `--quick` runs everything once.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  })
  if (values.only !== undefined && values.only !== 'ocpp') throw new Error('--only can be ocpp')
  const plan = values.quick ? QUICK : FULL
  const dataDir = makeDataDir()
  let place: Place | undefined
  const clear = async () => {
    await stopAll()
    await place?.stopPostgres()
    removeDataDir(dataDir)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void clear().then(() => process.exit(130)))
  try {
    say('starting Postgres, seeding, registering chargers')
    place = await openPlace(dataDir)
    const load = await startServer({ file: 'bench/load/http.ts' })
    const bench = { plan, place, load }
    const lines = values.only === undefined ? await runAll(bench) : []
    lines.push(...(await runOcpp(bench)))
    await load.stop()
    await place.stopPostgres()
    if (values.only !== undefined) return report(plan, lines)
    say('boot')
    const boots = []
    for (let boot = 0; boot < plan.boots; boot++) boots.push(await runBoot(dataDir))
    report(plan, [...lines, ...bootLines(boots)])
  } finally {
    await clear()
  }
}

async function runAll(bench: Bench): Promise<Line[]> {
  const runs: Runs = {
    ours: [],
    express: [],
    bare: [],
    console: [],
    bareConsole: [],
    stream: [],
    broadcast: [],
    operations: [],
    flux: [],
    postgrest: [],
    bulk: [],
    realtime: [],
    archive: [],
    audit: [],
    memory: [],
  }
  for (let run = 1; run <= bench.plan.runs; run++) {
    say(`run ${run} of ${bench.plan.runs}`)
    // Ours stands between its two baselines, so that neither of them is always the one far away in time.
    runs.express.push(await withServer(startBaseline(bench, 'express.ts'), server => runTelemetry(bench, server)))
    await withServer(bench.place.startOurs(), async server => {
      runs.ours.push(await runTelemetry(bench, server))
      runs.console.push(await runConsole(bench, server))
      runs.stream.push(await runStream(bench, server))
      runs.memory.push(server.peakMemory())
      runs.flux.push(await runFlux(bench, server, 'ours'))
      runs.bulk.push(await runBulk(bench, server))
      runs.realtime.push(await runRealtime(bench, server))
      runs.archive.push(await runArchive(bench, server))
    })
    const postgrest = await startPostgrest(bench.place)
    if (postgrest !== undefined)
      runs.postgrest.push(await withServer(Promise.resolve(postgrest), server => runFlux(bench, server, 'theirs')))
    runs.bare.push(await withServer(startBaseline(bench, 'groupCommit.ts'), server => runTelemetry(bench, server)))
    runs.bareConsole.push(await withServer(startBareConsole(bench), server => runConsole(bench, server)))
    runs.broadcast.push(await runBroadcast(bench))
    runs.operations.push(await runOperations(bench))
    runs.audit.push(await runAudit(bench))
  }
  return [
    ...telemetryLines(runs.ours, runs.express, runs.bare),
    ...consoleLines(runs.console, runs.bareConsole),
    ...operationsLines(runs.operations),
    ...streamLines(runs.stream, runs.broadcast),
    ...(runs.postgrest.length === runs.flux.length ? fluxLines(runs.flux, runs.postgrest) : []),
    ...bulkLines(runs.bulk),
    ...realtimeLines(runs.realtime),
    ...archiveLines(runs.archive),
    ...auditLines(runs.audit),
    {
      name: 'server memory under all of it',
      unit: 'MB',
      ours: [Math.max(...runs.memory)],
      wanted: { atMost: WANTED_MEMORY },
    },
  ]
}

const startBaseline = ({ place }: Bench, file: string) =>
  startServer({ file: `bench/baselines/${file}`, args: [place.databaseUrl, place.fleetFile] })

const startBareConsole = ({ place }: Bench) =>
  startServer({ file: 'bench/baselines/console.ts', args: [place.databaseUrl, place.fleet.chargers[0]!.tenantId] })

function report({ runs }: Plan, lines: Line[]): void {
  console.log('')
  const missed = printTable(lines)
  console.log(
    `\nmedian of ${runs} ${runs === 1 ? 'run' : 'alternating runs'}; the ratio is the median of the runs' ratios`,
  )
  console.log(missed === 0 ? 'everything is as wanted' : `${missed} figures MISS what is wanted`)
}

const say = (line: string) => process.stderr.write(`${line}\n`)

await main()
