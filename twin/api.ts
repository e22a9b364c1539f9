import http from 'node:http'
import https from 'node:https'
import type { operations } from '../generated/tellus/types.ts'

/** The few operations that a charger and its installer need. */
const ROUTES = {
  registerDevice: ['POST', '/v1/device/register'],
  registerSite: ['POST', '/v1/device/site'],
  issueDeviceToken: ['POST', '/v1/device/token'],
  sendHeartbeat: ['POST', '/v1/device/heartbeat'],
  uploadTelemetry: ['POST', '/v1/device/telemetry'],
  reportDeviceEvent: ['POST', '/v1/device/events'],
  uploadChargingRecord: ['POST', '/v1/device/charging-records'],
  fetchCommand: ['GET', '/v1/device/commands'],
  reportCommandStatus: ['POST', '/v1/device/command-status'],
  uploadLog: ['PUT', '/v1/device/uploads'],
  reportFirmwareStatus: ['POST', '/v1/device/firmware/status'],
  getHealth: ['GET', '/v1/health'],
} as const

export type Operation = keyof typeof ROUTES

/** The request body of an operation, as the contract has it. */
export type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { 'application/json': infer Content } }
}
  ? Content
  : never

/** The body of an operation's 200, as the contract has it. */
export type Success<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { 'application/json': infer Content } } }
}
  ? Content
  : never

export interface Answer {
  /** HTTP status; 0 when there was no answer, because of the network or because we gave up. */
  status: number
  /** The parsed body, or the error's name when there was no answer. */
  body: unknown
  /** Seconds that the server asked to wait. */
  retryAfter: number | undefined
}

export interface Request {
  body?: object
  /** A body that is a text, in place of an object. */
  text?: string
  /** Where to, when the server said so. */
  url?: URL
  /** Bearer token */
  token?: string | undefined
  /** With its question mark. */
  query?: string
  signal?: AbortSignal
  /** Milliseconds without an answer until we give up. */
  timeout?: number
}

/** Is told of every answer: the operation, its status (0 for none) and how long it took in milliseconds. */
export type Observe = (operation: Operation, status: number, milliseconds: number) => void

const TIMEOUT = 15_000

/** An HTTP client of the device operations, with connections kept alive and shared by all chargers. */
export class Api {
  readonly #base: URL
  readonly #agent: http.Agent
  readonly #observe: Observe

  constructor(base: string, observe: Observe) {
    this.#base = new URL(base)
    if (!/^https?:$/.test(this.#base.protocol)) throw new TypeError(`${base} is not an http address`)
    this.#agent = new (this.#base.protocol === 'https:' ? https : http).Agent({ keepAlive: true })
    this.#observe = observe
  }

  /** Sends one request. Never throws: what went wrong stands in the answer. */
  async send(operation: Operation, request: Request = {}): Promise<Answer> {
    const started = performance.now()
    let answer = await this.#exchange(operation, request)
    // The server may close a resting connection at the very moment we use it; that says nothing about the request.
    if (answer === 'stale') answer = await this.#exchange(operation, request)
    if (answer === 'stale') answer = failure('ECONNRESET')
    if (!request.signal?.aborted) this.#observe(operation, answer.status, performance.now() - started)
    return answer
  }

  close(): void {
    this.#agent.destroy()
  }

  #exchange(
    operation: Operation,
    { body, text: plain, url, token, query = '', signal, timeout = TIMEOUT }: Request,
  ): Promise<Answer | 'stale'> {
    const [method, path] = ROUTES[operation]
    const text = body === undefined ? plain : JSON.stringify(body)
    const { protocol, hostname, port } = url ?? this.#base
    const headers: http.OutgoingHttpHeaders = { Accept: 'application/json' }
    if (token !== undefined) headers.Authorization = `Bearer ${token}`
    if (text !== undefined) {
      headers['Content-Type'] = body === undefined ? 'text/plain' : 'application/json'
      headers['Content-Length'] = Buffer.byteLength(text)
    }
    return new Promise(resolve => {
      const request = (protocol === 'https:' ? https : http).request({
        protocol,
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port,
        path: url === undefined ? this.#base.pathname.replace(/\/$/, '') + path + query : url.pathname + url.search,
        method,
        headers,
        // Connections to elsewhere, perhaps by another protocol, are not worth keeping.
        agent: url === undefined ? this.#agent : undefined,
        signal,
        timeout,
      })
      request.on('timeout', () => request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })))
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        resolve(stale ? 'stale' : failure(error.code ?? error.message))
      })
      request.on('response', response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('error', (error: NodeJS.ErrnoException) => resolve(failure(error.code ?? error.message)))
        response.on('end', () => {
          const retryAfter = Number(response.headers['retry-after'] ?? Number.NaN)
          resolve({
            status: response.statusCode!,
            body: parse(Buffer.concat(chunks).toString()),
            retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
          })
        })
      })
      request.end(text)
    })
  }
}

const failure = (code: string): Answer => ({ status: 0, body: code, retryAfter: undefined })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
