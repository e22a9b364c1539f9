import type { IncomingHttpHeaders } from 'node:http'

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
  body: unknown
}

const KEPT = 200
const HIDDEN = '[redacted]'
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization', 'apikey', 'x-api-key'])
const SECRET_FIELDS = /secret|token|password|authorization|api_?key/i

/**
 * The last 200 requests of each tenant that this process answered. Entries only point at what the request held anyway;
 * redaction is done when somebody reads them.
 */
export class RequestLog {
  readonly #rings = new Map<string, { entries: LoggedRequest[]; next: number }>()

  add(tenantId: string, entry: LoggedRequest): void {
    let ring = this.#rings.get(tenantId)
    if (ring === undefined) {
      ring = { entries: [], next: 0 }
      this.#rings.set(tenantId, ring)
    }
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
    path: search === '' ? path : `${path}?${redactQuery(search)}`,
    status,
    duration_ms: Math.round(milliseconds * 1000) / 1000,
    request_id: requestId,
    operation_id: operationId,
    caller,
    request_headers: redactHeaders(headers),
    request_body: carriesSecrets(path) ? HIDDEN : redactFields(body ?? null),
  }
}

/** Registration and token requests are made of secrets. */
const carriesSecrets = (path: string) => /\/(register|token)\/?$/.test(path)

export function redactQuery(search: string): string {
  const query = new URLSearchParams(search)
  for (const name of [...query.keys()]) if (SECRET_FIELDS.test(name)) query.set(name, HIDDEN)
  return query.toString()
}

function redactHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SECRET_HEADERS.has(name) ? HIDDEN : String(value)]),
  )
}

function redactFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactFields)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, SECRET_FIELDS.test(name) ? HIDDEN : redactFields(member)]),
  )
}
