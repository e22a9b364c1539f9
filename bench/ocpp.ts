import type { Bench } from './cases/bench.ts'
import { type BoardRun, boardLines, logIn, runBoard } from './cases/board.ts'
import { IDLE_STATIONS, type IdleRun, idleLines, runIdle } from './cases/idleStations.ts'
import { type OcppRun, ocppLines, runRoundTrips, STATIONS } from './cases/ocpp.ts'
import { startServer, withServer } from './child.ts'
import { installOcppBoard } from './peers/install.ts'
import { createStations, type Stations, storeMessages } from './stations.ts'
import type { Line } from './table.ts'

/** Everything about OCPP and its board, on a database with a million messages. */
export async function runOcpp(bench: Bench): Promise<Line[]> {
  const { databaseUrl, fleet } = bench.place
  const { tenantId } = fleet.chargers[0]!
  const charging = Math.max(...STATIONS)
  const stations = await createStations(databaseUrl, tenantId, { count: IDLE_STATIONS, charging })
  await storeMessages(databaseUrl, tenantId, stations)
  const hasPeer = await installOcppBoard()
  const runs: { ours: OcppRun[]; bare: OcppRun[]; peer: OcppRun[]; board: BoardRun[]; idle: IdleRun[] } = {
    ours: [],
    bare: [],
    peer: [],
    board: [],
    idle: [],
  }
  for (let run = 1; run <= bench.plan.runs; run++) {
    process.stderr.write(`OCPP, run ${run} of ${bench.plan.runs}\n`)
    await withPlayer(async player => {
      const roundTrips = { bench, player, stations }
      if (hasPeer)
        runs.peer.push(
          await withServer(startServer({ file: 'bench/peers/ocppBoard/server.mjs' }), server =>
            runRoundTrips({ ...roundTrips, server, token: 'none' }),
          ),
        )
      await withServer(bench.place.startOurs(), async server => {
        const token = await logIn(bench, server)
        runs.ours.push(await runRoundTrips({ ...roundTrips, server, token }))
        runs.board.push(await runBoard(bench, server, token))
      })
      runs.bare.push(
        await withServer(startServer({ file: 'bench/baselines/ocpp.ts' }), server =>
          runRoundTrips({ ...roundTrips, server }),
        ),
      )
    })
  }
  runs.idle.push(await runIdleAlone(bench, stations))
  return [...ocppLines(runs.ours, runs.bare, runs.peer), ...boardLines(runs.board), ...idleLines(runs.idle)]
}

const withPlayer = <Result>(use: Parameters<typeof withServer<Result>>[1]) =>
  withServer(startServer({ file: 'bench/load/stations.ts' }), use)

/** On a server of its own, so that its memory is what the stations take. */
const runIdleAlone = (bench: Bench, stations: Stations) =>
  withPlayer(player => withServer(bench.place.startOurs(), server => runIdle(bench, server, player, stations)))
