import { randomUUID } from 'node:crypto'
import pg from 'pg'
import * as store from '../../src/store/archive.ts'
import { type Child, startServer } from '../child.ts'
import type { Charger } from '../fleet.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { type Measured, measure } from './measure.ts'

const HOURS = 4
const INTERVAL = 5
const CONNECTIONS = 8
const WANTED_READ = 0.6
const WANTED_COMPACTION = 200_000
const DAY = 86_400_000

/** What of a charger's parts one sample tells, as far as storage and compaction are concerned. */
const HEALTH = JSON.stringify({
  contactor_cycles: 84_210,
  contactor_max_cycles: 100_000,
  cooling_fan_rpm: 2400,
  cooling_fan_status: 'ok',
  internal_temps: { power_module: 61.5, control_board: 44, ac_inlet: 38.2, dc_outlet: 41.7 },
  relay_state: 'closed',
  isolation_test_kohms: 5200,
  last_isolation_test: '2026-05-10T13:40:00Z',
})

export interface ArchiveRun {
  plain: Tiers
  /** With the health of the parts in every sample. */
  healthy: Tiers
}

interface Tiers extends Compaction {
  read: Measured
  bare: Measured
}

interface Compaction {
  samplesPerSecond: number
  /** kB (1,000 bytes) of a table with its indexes, per session-hour. */
  raw: number
  minute: number
  summary: number
}

/** The archive: one session of four hours read again and again, and a day of such sessions on its way through the tiers. */
export async function runArchive(bench: Bench, server: Child): Promise<ArchiveRun> {
  const database = new pg.Client({ connectionString: bench.place.databaseUrl })
  await database.connect()
  try {
    const { chargers } = bench.place.fleet
    const tiers = async (health: string | null): Promise<Tiers> => ({
      ...(await readSession(bench, server, database, health)),
      ...(await compact(database, chargers, health)),
    })
    return { plain: await tiers(null), healthy: await tiers(HEALTH) }
  } finally {
    await database.end()
  }
}

async function readSession(bench: Bench, server: Child, database: pg.Client, health: string | null) {
  const start = Math.floor(Date.now() / DAY) * DAY - 2 * DAY
  const [session] = await addSessions(database, bench.place.fleet.chargers.slice(0, 1), start, health)
  await database.query('vacuum analyze telemetry.readings')
  const { tenantId, deviceId, recordId } = session!
  const read = await measureReads(bench, server, `/v1/operator/devices/${deviceId}/sessions/${recordId}/telemetry`)
  const end = start + HOURS * 3_600_000
  const baseline = await startServer({
    file: 'bench/baselines/session.ts',
    args: [bench.place.databaseUrl, tenantId, deviceId, iso(start), iso(end), ...(health === null ? [] : ['health'])],
  })
  const bare = await measureReads(bench, baseline, '/').finally(() => baseline.stop())
  return { read, bare }
}

async function measureReads({ load, place, plan }: Bench, server: Child, path: string): Promise<Measured> {
  const traffic = { kind: 'get' as const, path, token: place.fleet.operatorToken }
  await measure(load, server, { connections: CONNECTIONS, seconds: plan.warmupSeconds / 3, traffic })
  return measure(load, server, { connections: CONNECTIONS, seconds: plan.consoleSeconds, traffic })
}

/** One session of each charger on an old day, through all tiers. */
async function compact(database: pg.Client, chargers: Charger[], health: string | null): Promise<Compaction> {
  const start = Math.floor(Date.now() / DAY) * DAY - 40 * DAY
  const day = iso(start).slice(0, 10)
  const suffix = day.replaceAll('-', '')
  const sizeOf = async (table: string) =>
    Number((await database.query('select pg_total_relation_size($1::regclass) as size', [table])).rows[0].size)
  const perHour = (bytes: number) => bytes / 1000 / chargers.length / HOURS
  await database.query('update telemetry.archive_state set compacted_until = least(compacted_until, $1)', [iso(start)])
  await database.query('select telemetry.ensure_partitions($1::date, $1::date)', [day])
  await database.query('truncate telemetry.session_summaries')
  await addSessions(database, chargers, start, health)
  await database.query(`vacuum analyze telemetry.readings_${suffix}`)
  const raw = perHour(await sizeOf(`telemetry.readings_${suffix}`))

  const began = performance.now()
  const samples = await store.compact(database, day)
  await store.detach(database, day)
  await store.settle(database, day)
  const samplesPerSecond = (samples * 1000) / (performance.now() - began)

  const minute = perHour(await sizeOf(`telemetry.minutes_${suffix}`))
  await store.summarize(database, day)
  return { samplesPerSecond, raw, minute, summary: perHour(await sizeOf('telemetry.session_summaries')) }
}

/** A record and samples every 5 s, in the order of their times, for each charger. */
async function addSessions(database: pg.Client, chargers: Charger[], start: number, health: string | null) {
  const sessions = chargers.map(({ tenantId, deviceId }) => ({ tenantId, deviceId, recordId: randomUUID() }))
  const columns = [
    sessions.map(({ tenantId }) => tenantId),
    sessions.map(({ deviceId }) => deviceId),
    sessions.map(({ recordId }) => recordId),
  ]
  const end = iso(start + HOURS * 3_600_000)
  await database.query('delete from core.charging_records where device_id = any ($1) and start_time = $2', [
    columns[1],
    iso(start),
  ])
  await database.query('delete from telemetry.readings where device_id = any ($1) and time >= $2 and time < $3', [
    columns[1],
    iso(start),
    end,
  ])
  await database.query(
    `insert into core.charging_records (tenant_id, device_id, record_id, connector_id, start_time, end_time, energy_kwh,
       max_power_kw, cost, currency, stop_reason)
     select *, 1, $4::timestamptz, $5::timestamptz, 40, 50, 20, 'GBP', 'user_request'
     from unnest($1::uuid[], $2::uuid[], $3::text[])`,
    [...columns, iso(start), end],
  )
  await database.query(
    `insert into telemetry.readings (tenant_id, device_id, connector_id, time, state, voltage_v, current_a, power_kw,
       energy_delivered_kwh, soc_percent, temperature_c, component_health)
     select tenant_id, device_id, 1, $3::timestamptz + n * interval '${INTERVAL} seconds', 'charging',
       round((400 + random())::numeric, 1), round((100 * random())::numeric, 1), round((40 * random())::numeric, 2),
       n / 100.0, round(n / 40.0, 1), 30, $4::jsonb
     from generate_series(0, ${(HOURS * 3600) / INTERVAL - 1}) n,
       unnest($1::uuid[], $2::uuid[]) as c (tenant_id, device_id)
     order by n`,
    [columns[0], columns[1], iso(start), health],
  )
  return sessions
}

const iso = (time: number) => new Date(time).toISOString()

export function archiveLines(runs: ArchiveRun[]): Line[] {
  return (['plain', 'healthy'] as const).flatMap(kind => {
    const of = (pick: (tiers: Tiers) => number) => runs.map(run => pick(run[kind]))
    const suffix = kind === 'healthy' ? ' with the health of parts' : ''
    return [
      {
        name: `archive, read of a ${HOURS}-hour session at ${INTERVAL} s${suffix}: bare, plain SQL`,
        unit: '1/s',
        ours: of(({ read }) => read.perSecond),
        baseline: of(({ bare }) => bare.perSecond),
        wanted: { atLeast: WANTED_READ },
      },
      {
        name: `archive, compaction${suffix}`,
        unit: 'samples/s',
        ours: of(({ samplesPerSecond }) => samplesPerSecond),
        wanted: { atLeast: WANTED_COMPACTION },
      },
      ...(['raw', 'minute', 'summary'] as const).map(tier => ({
        name: `archive, ${tier}${suffix}: storage of a session-hour`,
        unit: 'kB',
        ours: of(tiers => tiers[tier]),
      })),
    ]
  })
}
