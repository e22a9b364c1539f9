import pg from 'pg'
import { type Child, cpuSeconds } from '../child.ts'
import { CHARGERS } from '../plan.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { type Measured, measure } from './measure.ts'

const CONNECTIONS = 32
/** What a record may add to a command. */
const WANTED = 1.15
/** Which server is asked when: what grows or slows down on the way weighs on both. */
const TURNS = [true, false, false, true]

/** One entry per turn: commands that stand in the audit log, and commands that do not. */
export interface AuditRun {
  recorded: Commands[]
  unrecorded: Commands[]
}

interface Commands extends Measured {
  /** Processor time of the database, in milliseconds per command. */
  databaseMilliseconds: number
}

/** An operator's commands, with and without their records, each on a server of its own and on tables without old ones. */
export async function runAudit(bench: Bench): Promise<AuditRun> {
  const database = new pg.Client({ connectionString: bench.place.databaseUrl })
  await database.connect()
  try {
    const run: AuditRun = { recorded: [], unrecorded: [] }
    for (const isRecorded of TURNS) {
      const server = await bench.place.startOurs(isRecorded ? [] : ['--import=./bench/baselines/unrecorded.ts'])
      const measured = await measureCommands(database, bench, server).finally(() => server.stop())
      const records = await takeAway(database, bench)
      if (records > 0 !== isRecorded) throw new Error(`the audit log has ${records} records of commands`)
      ;(isRecorded ? run.recorded : run.unrecorded).push(measured)
    }
    return run
  } finally {
    await database.end()
  }
}

async function measureCommands(database: pg.Client, { load, place, plan }: Bench, server: Child): Promise<Commands> {
  const { chargers, operatorToken: token } = place.fleet
  // A command is for a connector that has been heard of.
  const telemetry = { kind: 'telemetry' as const, chargers }
  await measure(load, server, { connections: CHARGERS, requests: CHARGERS, traffic: telemetry })
  const traffic = { kind: 'command' as const, chargers, token }
  await measure(load, server, { connections: CONNECTIONS, seconds: plan.warmupSeconds, traffic })
  const before = await cpuOfProcesses(database)
  const measured = await measure(load, server, { connections: CONNECTIONS, seconds: plan.telemetrySeconds, traffic })
  const after = await cpuOfProcesses(database)
  const cpu = [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0)
  return { ...measured, databaseMilliseconds: (cpu * 1000) / measured.answered }
}

/** Processor time of each of the database's processes so far, in seconds. */
async function cpuOfProcesses(database: pg.Client): Promise<Map<number, number>> {
  const { rows } = await database.query<{ pid: number }>('select pid from pg_stat_activity')
  return new Map(rows.map(({ pid }) => [pid, cpuSeconds(pid)]))
}

/** @returns how many records there were */
async function takeAway(database: pg.Client, { place }: Bench): Promise<number> {
  const devices = [place.fleet.chargers.map(({ deviceId }) => deviceId)]
  const { rowCount } = await database.query(
    `delete from ops.audit_logs where device_id = any ($1) and action = 'startCharging'`,
    devices,
  )
  await database.query('delete from core.commands where device_id = any ($1)', devices)
  await database.query('vacuum analyze ops.audit_logs, core.commands')
  return rowCount ?? 0
}

export function auditLines(runs: AuditRun[]): Line[] {
  const line = (name: string, unit: string, pick: (commands: Commands) => number): Line => ({
    name: `command on record: ${name}`,
    unit,
    ours: runs.flatMap(({ recorded }) => recorded.map(pick)),
    baseline: runs.flatMap(({ unrecorded }) => unrecorded.map(pick)),
  })
  const cpu = (commands: Commands) => commands.cpuMilliseconds + commands.databaseMilliseconds
  return [
    { ...line('not on record', '1/s', ({ perSecond }) => perSecond), wanted: { atLeast: round(1 / WANTED) } },
    { ...line('CPU with the database, not on record', 's/1000', cpu), wanted: { atMost: WANTED } },
    line('server CPU, not on record', 's/1000', ({ cpuMilliseconds }) => cpuMilliseconds),
    line('p50, not on record', 'ms', ({ p50 }) => p50),
  ]
}

const round = (ratio: number) => Math.round(ratio * 100) / 100
