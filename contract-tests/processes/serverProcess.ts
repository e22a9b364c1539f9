import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ended, endWithFile, openWorkplace, type Workplace } from './workplace.ts'

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url))

export interface ServerOptions {
  /** Settings beside those that every test server has. */
  environment?: Record<string, string>
  /** Whose process it is; by default the test's own user's. */
  uid?: number
  gid?: number
  checkout?: string
}

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A server as a person starts it: `node src/main.ts` in a process of its own. */
export interface ServerProcess {
  pid: number
  url: string
  metricsUrl: string
  /** Until it served, in milliseconds. */
  bootTime: number
  /** What it has said so far. */
  said(): string
  complained(): string
  ending: Promise<Ending>
  /** Resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Ending>
  /** The same to its whole process group, as a terminal does. */
  killGroup(signal: NodeJS.Signals): Promise<Ending>
}

interface Spawned {
  child: ChildProcess
  said(): string
  complained(): string
  ending: Promise<Ending>
}

/** Starts a server and waits for nothing. */
export function spawnServer({ dataDir }: Workplace, options: ServerOptions = {}): Spawned {
  const { environment, uid, gid, checkout = CHECKOUT } = options
  const { NODE_COMPILE_CACHE } = process.env
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: checkout,
    // A group of its own, like a job of a shell.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid }),
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      PORT: '0',
      METRICS_PORT: '0',
      RATE_LIMIT_SCALE: '100000',
      LOG_LEVEL: 'warn',
      ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
      ...environment,
    },
  })
  endWithFile(child.pid!)
  let said = ''
  let complained = ''
  child.stdout!.setEncoding('utf8').on('data', text => {
    said += text
  })
  child.stderr!.setEncoding('utf8').on('data', text => {
    complained += text
  })
  const ending = once(child, 'close').then(([code, signal]) => {
    ended(child.pid!)
    return { code, signal } as Ending
  })
  return { child, said: () => said, complained: () => complained, ending }
}

/** Starts a server and resolves when it serves. @throws Error with its words when it ends instead */
export async function startServer(place: Workplace, options: ServerOptions = {}): Promise<ServerProcess> {
  const started = performance.now()
  const { child, said, complained, ending } = spawnServer(place, options)
  const serving = /serves .* at (\S+)[\s\S]*metrics +(\S+)\/metrics[\s\S]*curl /
  const ready = new Promise<void>(resolve => child.stdout!.on('data', () => serving.test(said()) && resolve()))
  await Promise.race([
    ready,
    ending.then(({ code }) => {
      throw new Error(`the server ended with ${code}: ${said()}${complained()}`)
    }),
  ])
  const [, url, metricsUrl] = serving.exec(said())!
  return {
    pid: child.pid!,
    url: url!,
    metricsUrl: metricsUrl!,
    bootTime: performance.now() - started,
    said,
    complained,
    ending,
    kill(signal) {
      child.kill(signal)
      return ending
    },
    killGroup(signal) {
      process.kill(-child.pid!, signal)
      return ending
    },
  }
}

export interface Refusal extends Ending {
  said: string
  complained: string
  milliseconds: number
}

/** Starts a server that is expected to end by itself. */
export async function startInVain(place: Workplace, environment: Record<string, string> = {}): Promise<Refusal> {
  const started = performance.now()
  const { child, said, complained, ending } = spawnServer(place, { environment })
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const { code, signal } = await ending
  clearTimeout(late)
  return { code, signal, said: said(), complained: complained(), milliseconds: performance.now() - started }
}

/** The secrets of the demo tenants that the server wrote. */
export function readCredentials({ dataDir }: Workplace): {
  tellus: { client_id: string; client_secret: string; admin_client_id: string; admin_client_secret: string }
} {
  return JSON.parse(fs.readFileSync(path.join(dataDir, 'credentials.json'), 'utf8'))
}

/** Starts a server on a test's own database. */
export function serverProcessOn(database: { url: string; credentialsFile: string }): Promise<ServerProcess> {
  const { board, flux } = JSON.parse(fs.readFileSync(database.credentialsFile, 'utf8'))
  const environment = {
    DATABASE_URL: database.url,
    FLUX_JWT_SECRET: flux.jwt_secret,
    BOARD_TOKEN: board.token,
    OCPP_ENROLLMENT: 'open',
  }
  return startServer(openWorkplace(), { environment })
}
