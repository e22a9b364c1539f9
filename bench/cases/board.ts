import fs from 'node:fs'
import type { Child } from '../child.ts'
import { MESSAGES, PROXIED, SITE } from '../stations.ts'
import type { Line } from '../table.ts'
import type { Bench } from './bench.ts'
import { measure } from './measure.ts'

const REQUESTS = 300
const CONNECTIONS = 1
const WANTED_P99 = 50

/** Filters, each alone and those that meet in one message in five thousand. */
const FILTERED = [
  '/messages?limit=1000',
  '/messages?offset=10000',
  '/messages?identity={identity}',
  '/messages?method=BootNotification',
  '/messages?type=CALLERROR',
  '/messages?direction=OUT',
  '/messages?identity={identity}&method=BootNotification&direction=OUT',
  '/messages?identity={identity}&type=CALLERROR&method=Heartbeat',
  '/messages?method=NoSuchAction',
  '/connections?status=online',
  '/connections?protocol=ocpp1.6&limit=1000',
  '/security?severity=critical',
]

/** p99 in milliseconds, by path. */
export type BoardRun = Record<string, number>

/** Logs in to the board. @returns its session, which goes along as a bearer */
export async function logIn({ place }: Bench, { port }: Child): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: place.boardToken }),
  })
  if (!response.ok) throw new Error(`the login answered ${response.status}: ${await response.text()}`)
  const { sessionId } = (await response.json()) as { sessionId: string }
  return sessionId
}

/** Every GET of the board but the endless ones, and lists with filters. */
export async function runBoard({ load }: Bench, server: Child, token: string): Promise<BoardRun> {
  const run: BoardRun = {}
  for (const path of [...pathsOf(), ...FILTERED]) {
    const traffic = {
      kind: 'get' as const,
      path: `/api${path.replace('{identity}', PROXIED).replace('{id}', SITE)}`,
      token,
    }
    await measure(load, server, { connections: CONNECTIONS, requests: 20, traffic })
    run[path] = (await measure(load, server, { connections: CONNECTIONS, requests: REQUESTS, traffic })).p99
  }
  return run
}

function pathsOf(): string[] {
  const file = new URL('../../generated/board/openapi.json', import.meta.url)
  const { paths } = JSON.parse(fs.readFileSync(file, 'utf8')) as { paths: Record<string, object> }
  return Object.keys(paths).filter(path => 'get' in paths[path]! && !path.endsWith('/stream'))
}

export function boardLines(runs: BoardRun[]): Line[] {
  return Object.keys(runs[0] ?? {}).map(path => ({
    name: `board with ${MESSAGES.toLocaleString('en')} messages, GET ${path}: p99`,
    unit: 'ms',
    ours: runs.map(run => run[path]!),
    wanted: { atMost: WANTED_P99 },
  }))
}
