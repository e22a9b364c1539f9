import { FLUX_DEVICES } from '../../src/seed/fluxHistory.ts'
import { copyRows } from '../baselines/copy.ts'
import type { Child } from '../child.ts'
import type { RestTraffic } from '../load/job.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { type Measured, measure } from './measure.ts'

const CONNECTIONS = 32
const [battery, , meter] = FLUX_DEVICES

interface Case {
  name: string
  /** Of our throughput to PostgREST's. */
  wanted: number
  /** Below the mount, which PostgREST has none of. */
  ours: Omit<RestTraffic, 'key'>
  /** What PostgREST is asked instead, where that is not the same. */
  theirs?: Omit<RestTraffic, 'key'>
  /** The schema to name to PostgREST. */
  schema?: string
}

const latest = `/mg_bess_readings?device_id=eq.${battery!.id}&order=time.desc&limit=1`
const day = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
const body = JSON.stringify({ start_time: day(3), end_time: day(2), device_ids: [meter!.id] })

const CASES: Case[] = [
  {
    name: 'filtered read of 100 rows',
    wanted: 2,
    ours: {
      method: 'GET',
      path: `/mg_meter_readings?device_id=eq.${meter!.id}&time=gte.${day(3)}&order=time&limit=100`,
    },
  },
  { name: 'latest row', wanted: 3, ours: { method: 'GET', path: latest } },
  { name: 'insert of one row', wanted: 3, ours: { method: 'POST', path: '/mg_meter_readings', rows: 1 } },
  { name: 'insert of 100 rows', wanted: 1.5, ours: { method: 'POST', path: '/mg_meter_readings', rows: 100 } },
  {
    name: '30-minute buckets of a day, theirs in plain SQL',
    wanted: 1.5,
    ours: { method: 'POST', path: '/rpc/get_meter_readings_30m', body },
    theirs: { method: 'POST', path: '/rpc/plain_readings_30m', body },
    schema: 'bench',
  },
  {
    name: '30-minute buckets of a day, the same function',
    wanted: 1,
    ours: { method: 'POST', path: '/rpc/get_meter_readings_30m', body },
  },
]

const BULK = { connections: 4, rows: 1000 }
const WANTED_OF_COPY = 0.4

/** Rows per second: bulk inserts of ours, and COPY. */
export interface BulkRun {
  ours: number
  copy: number
}

export async function runBulk({ load, place, plan }: Bench, server: Child): Promise<BulkRun> {
  const { connections, rows } = BULK
  const { service_key: key } = place.flux
  const traffic = { kind: 'rest' as const, key, method: 'POST' as const, path: '/rest/v1/mg_meter_readings', rows }
  const { perSecond } = await measure(load, server, { connections, seconds: plan.consoleSeconds, traffic })
  const copy = await copyRows(place.databaseUrl, { ...BULK, seconds: plan.consoleSeconds })
  return { ours: perSecond * rows, copy }
}

export const bulkLines = (runs: BulkRun[]): Line[] => [
  {
    name: `flux, insert of ${BULK.rows} rows: COPY`,
    unit: 'rows/s',
    ours: runs.map(({ ours }) => ours),
    baseline: runs.map(({ copy }) => copy),
    wanted: { atLeast: WANTED_OF_COPY },
  },
]

/** One figure per case. */
export type FluxRun = Measured[]

export async function runFlux({ load, place, plan }: Bench, server: Child, who: 'ours' | 'theirs'): Promise<FluxRun> {
  const measured: Measured[] = []
  for (const { ours, theirs = ours, schema } of CASES) {
    const traffic =
      who === 'ours'
        ? { kind: 'rest' as const, key: place.flux.service_key, ...ours, path: `/rest/v1${ours.path}` }
        : { kind: 'rest' as const, key: place.flux.service_key, ...theirs, schema: schema ?? 'flux' }
    await measure(load, server, { connections: CONNECTIONS, seconds: plan.warmupSeconds / 3, traffic })
    measured.push(await measure(load, server, { connections: CONNECTIONS, seconds: plan.consoleSeconds, traffic }))
  }
  return measured
}

export const fluxLines = (ours: FluxRun[], theirs: FluxRun[]): Line[] =>
  CASES.map(({ name, wanted }, index) => ({
    name: `flux, ${name}: PostgREST`,
    unit: '1/s',
    ours: ours.map(run => run[index]!.perSecond),
    baseline: theirs.map(run => run[index]!.perSecond),
    wanted: { atLeast: wanted },
  }))
