import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { copyDataDir } from '../support/testPostgres.ts'

/** A directory of one test file for its servers' data; the file's processes and files are gone when it ends. */
export interface Workplace {
  root: string
  /** What servers get as DATA_DIR. */
  dataDir: string
  cluster: string
}

const places: Workplace[] = []
const started = new Set<number>()

/** @param parent where to make it; anybody may pass through the directory, since Postgres may run as another account */
export function openWorkplace(parent = os.tmpdir()): Workplace {
  const root = fs.mkdtempSync(path.join(parent, 'voltspec-process-'))
  fs.chmodSync(root, 0o711)
  const dataDir = path.join(root, 'data')
  const place = { root, dataDir, cluster: path.join(dataDir, 'postgres') }
  places.push(place)
  return place
}

/**
 * A workplace whose data are there, as after a first start that was stopped. In a file that runs by itself it is empty,
 * so that the server's first start makes them.
 */
export function openSeededWorkplace(): Workplace {
  const place = openWorkplace()
  const seeded = process.env.TEST_SEEDED_DATA_DIR
  if (seeded !== undefined) copyDataDir(seeded, place.dataDir)
  return place
}

/** Has the process ended with this test file at the latest. */
export function endWithFile(pid: number): void {
  started.add(pid)
}

export function ended(pid: number): void {
  started.delete(pid)
}

/** Where a server's embedded Postgres is, read from its files. */
export function embeddedUrl({ dataDir, cluster }: Workplace, database = 'voltspec'): string {
  const password = fs.readFileSync(path.join(dataDir, 'postgres.password'), 'utf8').trim()
  const port = fs.readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')[3]!.trim()
  return `postgres://voltspec:${password}@127.0.0.1:${port}/${database}`
}

export function postmasterPid({ cluster }: Workplace): number {
  return Number.parseInt(fs.readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8'), 10)
}

/** Every process of the Postgres in that directory: the first one and its children. */
export function postgresPids(place: Workplace): number[] {
  if (!fs.existsSync('/proc/self')) throw new Error('these tests find the processes of Postgres in /proc')
  if (!fs.existsSync(path.join(place.cluster, 'postmaster.pid'))) return []
  const first = postmasterPid(place)
  if (!isPostgres(first)) return []
  return [...childrenOf(first), first].filter(isRunning)
}

function childrenOf(parentPid: number): number[] {
  const all = fs.readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return all.map(Number).filter(pid => parent(pid) === parentPid)
}

function isPostgres(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
  } catch {
    return false
  }
}

function parent(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

export function isRunning(pid: number): boolean {
  try {
    // A process that has ended and that nobody has waited for yet does nothing any more.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Asks again until there is an answer. @throws Error that names what was awaited */
export async function eventually<T>(
  what: string,
  within: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (const deadline = performance.now() + within; ; ) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`${what}: not within ${within} ms`)
    await delay(20)
  }
}

/** One statement on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  // The end of a database under test is no fault of the test.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

function clean(): void {
  for (const pid of started) {
    const children = childrenOf(pid)
    kill(pid)
    children.forEach(kill)
  }
  started.clear()
  for (const place of places) for (const pid of postgresPids(place)) kill(pid)
  // Processes that were just killed may still be writing.
  const patiently = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }
  for (const place of places.splice(0)) {
    const elsewhere = linkTarget(place.cluster)
    if (elsewhere !== undefined) fs.rmSync(path.dirname(elsewhere), patiently)
    fs.rmSync(place.root, patiently)
  }
}

function linkTarget(file: string): string | undefined {
  try {
    return fs.readlinkSync(file)
  } catch {
    return undefined
  }
}

/** Kill -9, of a process that may have ended already. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was quicker.
  }
}

after(clean)
process.once('exit', clean)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
