import type { Charger } from '../fleet.ts'

/** What the load process is asked to do: a closed loop, every connection sending as soon as it was answered. */
export interface Job {
  port: number
  connections: number
  /** It ends after this time, */
  seconds?: number
  /** or after this many answers. */
  requests?: number
  traffic:
    | { kind: 'telemetry'; chargers: Charger[] }
    | { kind: 'get'; path: string; token: string }
    | { kind: 'command'; chargers: Charger[]; token: string }
    | ({ kind: 'rest' } & RestTraffic)
}

/** Requests with a key, as PostgREST takes them too. */
export interface RestTraffic {
  method: 'GET' | 'POST'
  path: string
  key: string
  /** Sends so many new meter readings, one as an object and more as an array. */
  rows?: number
  /** Or this. */
  body?: string
  /** Named to a server that has several. */
  schema?: string
}

export interface JobResult {
  /** Answers with status 200 or 201. */
  answered: number
  /** How often each other status came. */
  refused: Record<string, number>
  seconds: number
  /** Latencies in milliseconds. */
  p50: number
  p99: number
}
