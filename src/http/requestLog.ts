import type { IncomingHttpHeaders } from 'node:http'
import { maskPayload } from '../ocpp/masking.ts'

export interface LoggedRequest {
  /** milliseconds since 1970 */
  at: number
  method: string
  path: string
  search: string
  headers: IncomingHttpHeaders
  requestId: string
  operationId: string | null
  /** 101 for a stream that was opened. */
  status: number
  milliseconds: number
  caller: string
  /** As received; only its length is kept of a long one. */
  body: string | number | undefined
}

const KEPT = 200
/** A longer body is not kept: two hundred of them could be more than the process may have. Of a longer path or header the rest is not shown. */
const LONGEST = 4096
const HIDDEN = '[redacted]'
// A subprotocol may be a token, for browsers can set no other header on a WebSocket.
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization', 'sec-websocket-protocol'])
const SECRET_FIELDS = /secret|token|password|authorization|api[_-]?key/i

/**
 * The last 200 requests of each tenant that this process answered. Reading bodies and redaction are left to the time
 * when somebody looks.
 */
export class RequestLog {
  readonly #rings = new Map<string, { entries: LoggedRequest[]; next: number }>()

  add(tenantId: string, entry: LoggedRequest): void {
    let ring = this.#rings.get(tenantId)
    if (ring === undefined) {
      ring = { entries: [], next: 0 }
      this.#rings.set(tenantId, ring)
    }
    if (typeof entry.body === 'string' && entry.body.length > LONGEST) entry.body = entry.body.length
    ring.entries[ring.next] = entry
    ring.next = (ring.next + 1) % KEPT
  }

  /** The tenant's entries, newest first, without anything that could be used to call in somebody's name. */
  list(tenantId: string) {
    const { entries, next } = this.#rings.get(tenantId) ?? { entries: [], next: 0 }
    return [...entries.slice(next), ...entries.slice(0, next)].reverse().map(describe)
  }
}

function describe({
  at,
  method,
  path,
  search,
  headers,
  requestId,
  operationId,
  status,
  milliseconds,
  caller,
  body,
}: LoggedRequest) {
  return {
    timestamp: new Date(at).toISOString(),
    method,
    path: pathAndQuery(path, search),
    status,
    duration_ms: Math.round(milliseconds * 1000) / 1000,
    request_id: requestId,
    operation_id: operationId,
    caller,
    request_headers: redactHeaders(headers),
    request_body: carriesSecrets(path) ? HIDDEN : readable(body),
  }
}

function readable(body: LoggedRequest['body']): unknown {
  if (typeof body === 'number') return `[${body} characters]`
  try {
    // A call to a station has its credentials below names that say nothing.
    return body === undefined ? null : maskPayload(redactFields(JSON.parse(body)))
  } catch {
    // What is no JSON cannot be looked through for secrets.
    return null
  }
}

/** Registration and token requests are made of secrets. */
const carriesSecrets = (path: string) => /\/(register|token)\/?$/.test(path)

/** The token of an upload is a part of its path. */
const redactPath = (path: string) => path.replace(/(\/uploads\/)[^/]+/, `$1${HIDDEN}`)
/** Where a request went, as it may be shown: without secrets, and not without end. */
export const pathAndQuery = (path: string, search: string) =>
  beginningOf(search === '' ? redactPath(path) : `${redactPath(path)}?${redactQuery(search)}`)

const beginningOf = (text: string) =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)}[${text.length} characters]` : text

export function redactQuery(search: string): string {
  const query = new URLSearchParams(search)
  for (const name of [...query.keys()]) if (SECRET_FIELDS.test(name)) query.set(name, HIDDEN)
  return query.toString()
}

function redactHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (SECRET_HEADERS.has(name) || SECRET_FIELDS.test(name)) return [name, HIDDEN]
      return [name, beginningOf(name === 'referer' ? redactReferer(String(value)) : String(value))]
    }),
  )
}

function redactReferer(referer: string): string {
  const [address = '', query] = referer.split('?')
  return query === undefined ? address : `${address}?${redactQuery(query)}`
}

/** A value as it may be shown: members whose names speak of secrets are blacked out. */
export function redactFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactFields)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, SECRET_FIELDS.test(name) ? HIDDEN : redactFields(member)]),
  )
}
