import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config.ts'

const REQUEST_ID = /^[\w.:-]{1,128}$/
const EXPOSED = [
  'X-Request-Id, X-Total-Count, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Link, Content-Range',
  'Preference-Applied, Retry-After, Location, Allow',
].join(', ')

/** Where a request comes from. */
export function addressOf({ headers, socket }: IncomingMessage, { trustProxy }: Config): string {
  const forwarded = trustProxy ? headers['x-forwarded-for'] : undefined
  // The last entry is the proxy's word, the ones before it the caller's own.
  const last = typeof forwarded === 'string' ? forwarded.split(',').at(-1)!.trim() : ''
  return last || (socket.remoteAddress ?? '')
}

/** One HTTP request and its answer: what every contract has in common on the wire. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  readonly startedAt = performance.now()
  readonly path: string
  /** The query string without its question mark. */
  readonly search: string
  readonly #config: Config
  readonly #origins: readonly string[]
  readonly #draining: AbortSignal
  #signal: AbortSignal | undefined

  /** @param origins whose pages may read the answer; `*` stands for all */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    config: Config,
    draining: AbortSignal,
    origins: readonly string[] = config.corsOrigins,
  ) {
    this.request = request
    this.response = response
    this.#config = config
    this.#origins = origins
    this.#draining = draining
    const url = request.url ?? '/'
    const question = url.indexOf('?')
    this.path = question === -1 ? url : url.slice(0, question)
    this.search = question === -1 ? '' : url.slice(question + 1)
    const given = request.headers['x-request-id']
    this.requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
  }

  /** Ends when the caller hangs up or the server drains; made only for those who wait. */
  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const hungUp = new AbortController()
      if (this.response.destroyed) hungUp.abort()
      this.response.once('close', () => {
        if (!this.response.writableFinished) hungUp.abort()
      })
      this.#signal = AbortSignal.any([hungUp.signal, this.#draining])
    }
    return this.#signal
  }

  get address(): string {
    return addressOf(this.request, this.#config)
  }

  get milliseconds(): number {
    return performance.now() - this.startedAt
  }

  /** Writes the headers of a body that comes over time. Returns whether the caller wants it: a HEAD does not. */
  begin(status: number, contentType: string, headers: Record<string, string> = {}): boolean {
    const { response } = this
    const close = this.#draining.aborted || this.#unread ? { Connection: 'close' } : {}
    const all = { 'X-Request-Id': this.requestId, ...this.#cors(), ...headers, ...close, 'Content-Type': contentType }
    response.writeHead(status, all)
    if (this.request.method === 'HEAD') response.end()
    else response.flushHeaders()
    return this.request.method !== 'HEAD'
  }

  /** Writes the answer; a HEAD gets the headers of its GET. */
  send(
    status: number,
    body: string | Buffer | undefined,
    contentType: string,
    headers: Record<string, string> = {},
  ): void {
    const { response } = this
    const all: Record<string, string | number> = { 'X-Request-Id': this.requestId, ...this.#cors(), ...headers }
    const length = body === undefined ? 0 : Buffer.byteLength(body)
    if (body !== undefined) {
      all['Content-Type'] = contentType
      all['Content-Length'] = length
    }
    if (this.#draining.aborted || this.#unread) all.Connection = 'close'
    response.writeHead(status, all)
    if (body === undefined || this.request.method === 'HEAD') response.end()
    else if (typeof body !== 'string') response.end(body)
    // Text without a character beyond ASCII is the same in both, and copied faster in this.
    else response.end(body, length === body.length ? 'latin1' : 'utf8')
    // What an early refusal left unread must not stand before the next request.
    if (this.#unread) this.request.resume()
  }

  /** Whether a body is announced that has not come in whole. */
  get #unread(): boolean {
    const { complete, headers } = this.request
    return !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')
  }

  /** Answers OPTIONS, for people who ask what a path can do and for browsers that ask whether they may. */
  sendOptions(allow: string[]): void {
    const preflight = this.request.headers['access-control-request-method'] !== undefined
    this.send(204, undefined, '', {
      Allow: allow.join(', '),
      ...(preflight && this.#allowedOrigin() !== undefined
        ? {
            'Access-Control-Allow-Methods': allow.join(', '),
            'Access-Control-Allow-Headers': this.request.headers['access-control-request-headers'] ?? '',
            'Access-Control-Max-Age': '600',
          }
        : {}),
    })
  }

  #allowedOrigin(): string | undefined {
    const { origin } = this.request.headers
    if (origin === undefined) return undefined
    return this.#origins.includes('*') || this.#origins.includes(origin) ? origin : undefined
  }

  #cors(): Record<string, string> {
    if (this.request.headers.origin === undefined) return {}
    const origin = this.#allowedOrigin()
    if (origin === undefined) return { Vary: 'Origin' }
    return { Vary: 'Origin', 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED }
  }
}
