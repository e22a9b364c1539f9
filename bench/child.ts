import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const TICKS_PER_SECOND = 100
const running = new Set<ChildProcess>()

/** A server in a process of its own, so that its processor time and memory are its alone. */
export interface Child {
  process: ChildProcess
  port: number
  /** Processor time so far, in seconds, of all its threads; NaN where the system does not tell. */
  cpuSeconds(): number
  /** The most memory it ever had resident, in MB (2^20 bytes); NaN where the system does not tell. */
  peakMemory(): number
  stop(): Promise<void>
}

export interface Start {
  /** Below the project's root. */
  file: string
  args?: string[]
  env?: Record<string, string>
  nodeOptions?: string[]
  /** What the process prints when it listens, with its port as the first group. */
  listening?: RegExp
}

/** Starts a Node process and waits until it says where it listens. */
export async function startServer(start: Start): Promise<Child> {
  const child = spawn(process.execPath, [...(start.nodeOptions ?? []), `${ROOT}${start.file}`, ...(start.args ?? [])], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...start.env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  track(child)
  return handle(child, await listeningPort(child, start))
}

/** Takes charge of a process that serves on a port. */
export function adopt(child: ChildProcess, port: number): Child {
  track(child)
  return handle(child, port)
}

function track(child: ChildProcess): void {
  running.add(child)
  child.once('exit', () => running.delete(child))
}

const handle = (child: ChildProcess, port: number): Child => ({
  process: child,
  port,
  cpuSeconds: () => cpuSeconds(child.pid!),
  peakMemory: () => peakMemory(child.pid!),
  stop: () => stop(child),
})

/** Lends a server and ends it. */
export async function withServer<Result>(
  starting: Promise<Child>,
  use: (server: Child) => Promise<Result>,
): Promise<Result> {
  const server = await starting
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

/** A port that was free a moment ago, for servers that do not pick one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Ends whatever is still running, when the bench itself ends early. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop))
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

async function listeningPort(child: ChildProcess, { file, listening = /^listening (\d+)$/m }: Start): Promise<number> {
  let words = ''
  return new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`${file} ended with ${code}: ${words}`)))
    child.stdout!.setEncoding('utf8').on('data', chunk => {
      words += chunk
      const port = listening.exec(words)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })
}

/** Processor time of a process so far, in seconds; NaN where the system does not tell. */
export function cpuSeconds(pid: number): number {
  const text = read(`/proc/${pid}/stat`)
  // The name in parentheses may hold spaces; the fields are counted from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

function peakMemory(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1]) / 1024
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
