import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { readConfig } from '../src/config.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/postgres/embedded.ts'
import { migrate } from '../src/postgres/migrate.ts'
import type { FluxCredentials } from '../src/seed/credentials.ts'
import { seedDemo } from '../src/seed/seedDemo.ts'
import { PLAIN_READINGS_30M } from './baselines/readings30m.ts'
import { type Child, startServer } from './child.ts'
import { type Fleet, registerFleet } from './fleet.ts'

/** Where a bench takes place: one Postgres with the demo's data, a fleet with tokens, and files for the baselines. */
export interface Place {
  dataDir: string
  databaseUrl: string
  fleet: Fleet
  fleetFile: string
  flux: FluxCredentials
  /** Logs in to the board of the fleet's tenant. */
  boardToken: string
  /** Starts the real server, `src/main.ts`, on the Postgres of this place. */
  startOurs(nodeOptions?: string[]): Promise<Child>
  /** Stops Postgres and leaves the data. */
  stopPostgres(): Promise<void>
}

/** Not in the system's temporary directory, which may be memory: a commit is to cost here what it costs in earnest. */
const PARENT = fileURLToPath(new URL('../.data-bench/', import.meta.url))
const quiet = () => {}

/** Environment of the server under test: what an operator might set, no more. */
export const SETTINGS = {
  PORT: '0',
  METRICS_PORT: '0',
  RATE_LIMIT_SCALE: '10000',
  STREAMS_PER_CLIENT: '2000',
  DEVICE_ENROLLMENT: 'open',
}

export const LISTENING = /at http:\/\/127\.0\.0\.1:(\d+)/

export function makeDataDir(): string {
  fs.mkdirSync(PARENT, { recursive: true })
  const dataDir = fs.mkdtempSync(path.join(PARENT, 'run-'))
  fs.chmodSync(dataDir, 0o711)
  return dataDir
}

/** The flags that `npm start` gives to Node, so that what is measured is what people run. */
export function startFlags(): string[] {
  const { scripts } = JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (scripts.start as string).split(' ').slice(1, -1)
}

/** Removes the data, also where the database's account could not reach the directory and its files went elsewhere. */
export function removeDataDir(dataDir: string): void {
  const database = path.join(dataDir, 'postgres')
  if (fs.lstatSync(database, { throwIfNoEntry: false })?.isSymbolicLink())
    fs.rmSync(path.dirname(fs.readlinkSync(database)), { recursive: true, force: true })
  fs.rmSync(dataDir, { recursive: true, force: true })
}

export async function openPlace(dataDir: string): Promise<Place> {
  const postgres = await startEmbeddedPostgres(dataDir, quiet)
  try {
    return await furnish(dataDir, postgres)
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

async function furnish(dataDir: string, postgres: EmbeddedPostgres): Promise<Place> {
  await migrate(postgres.url)
  const credentialsFile = await seedDemo(postgres.url, readConfig({ DATA_DIR: dataDir }), { force: true, say: quiet })
  const credentials = JSON.parse(fs.readFileSync(credentialsFile!, 'utf8'))
  await createPlainTable(postgres.url)
  const startOurs = (nodeOptions: string[] = []) =>
    startServer({
      file: 'src/main.ts',
      env: {
        ...SETTINGS,
        DATABASE_URL: postgres.url,
        FLUX_JWT_SECRET: credentials.flux.jwt_secret,
        BOARD_TOKEN: credentials.board.token,
        MIGRATE: '1',
        DATA_DIR: path.join(dataDir, 'server'),
        LOG_FILE: path.join(dataDir, 'server.log'),
      },
      nodeOptions: [...startFlags(), ...nodeOptions],
      listening: LISTENING,
    })
  const server = await startOurs()
  const { client_id, client_secret } = credentials.tellus
  const fleet = await registerFleet(server.port, postgres.url, { client_id, client_secret })
  await server.stop()
  const fleetFile = path.join(dataDir, 'fleet.json')
  fs.writeFileSync(fleetFile, JSON.stringify(fleet), { mode: 0o600 })
  return {
    dataDir,
    databaseUrl: postgres.url,
    fleet,
    fleetFile,
    flux: credentials.flux,
    boardToken: credentials.board.token,
    startOurs,
    stopPostgres: () => postgres.stop(),
  }
}

/** For the baseline that inserts by itself: the same columns, key and daily partitions, seen by no feed. */
async function createPlainTable(databaseUrl: string): Promise<void> {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  try {
    await database.query(`
      create schema bench;
      create table bench.readings (like telemetry.readings including all) partition by range (time);
      create table bench.readings_1 partition of bench.readings for values from (current_date - 1) to (current_date);
      create table bench.readings_2 partition of bench.readings for values from (current_date) to (current_date + 1);
      create table bench.readings_3 partition of bench.readings for values from (current_date + 1) to (current_date + 2)`)
    await database.query(PLAIN_READINGS_30M)
  } finally {
    await database.end()
  }
}
