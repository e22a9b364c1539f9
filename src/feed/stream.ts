import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Caller, callerName, isOperator, type OperatorCaller } from '../auth/caller.ts'
import { hashSecret } from '../auth/secrets.ts'
import { ApiError } from '../errors.ts'
import { addressOf } from '../http/exchange.ts'
import { pathAndQuery } from '../http/requestLog.ts'
import type { Services } from '../services.ts'
import type { Change, Feed } from './feed.ts'

const PING_EVERY = 30_000
const SCOPE = 'telemetry:read'
/** Its name in the AsyncAPI document. */
const OPERATION = 'receiveStream'
const LONGEST_TIMER = 2 ** 31 - 1

/** Close codes of the stream, as the AsyncAPI document lists them. */
const CLOSE = { unauthorized: 4401, forbidden: 4403, tooMany: 4429, goingAway: 1001 }

/** Somebody with a good token, and what they ask for. */
interface Visitor {
  caller: OperatorCaller
  token: string
  /** As the feed names the token. */
  tokenKey: string
  /** The chargers asked for; undefined for all. */
  devices: Set<string> | undefined
}

interface Subscriber extends Visitor {
  socket: WebSocket
  alive: boolean
  expiry: NodeJS.Timeout
}

/**
 * The WebSocket `/stream`: one frame per committed sample, to everybody who may see the charger.
 *
 * A frame is made once and handed to each subscriber of the tenant. Nobody waits for anybody: what a slow subscriber
 * has not read is bounded, and one that exceeds the bound is dropped with a reason.
 */
export class Stream {
  readonly #services: Services
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: 16 * 1024,
    clientTracking: false,
    perMessageDeflate: false,
  })
  /** By tenant, since a frame concerns one tenant. */
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  readonly #pinger: NodeJS.Timeout
  /** Samples are listened to while there are subscribers, since decoding them costs. */
  #endListening: (() => void) | undefined

  constructor(services: Services) {
    this.#services = services
    const { feed, draining } = services
    this.#listen(feed)
    this.#pinger = setInterval(() => this.#ping(), PING_EVERY)
    draining.addEventListener('abort', () => this.#closeAll())
  }

  /**
   * Looks at the token before the handshake ends, so that who sees it end misses nothing that is committed from then on.
   * A refusal completes it too: a browser learns the reason from a close code only.
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const shakeHands = (greet: (webSocket: WebSocket) => void) =>
      this.#server.handleUpgrade(request, socket, head, webSocket => {
        webSocket.on('error', () => webSocket.terminate())
        greet(webSocket)
      })
    this.#identify(request)
      .then(
        async visitor => {
          await this.#record(request, visitor.caller, 101)
          return visitor
        },
        async error => {
          if (error instanceof ApiError && error.caller !== undefined) await this.#record(request, error.caller, 403)
          throw error
        },
      )
      .then(
        visitor => {
          this.#note(request, visitor)
          shakeHands(webSocket => this.#admit(webSocket, visitor))
        },
        error => shakeHands(webSocket => refuse(webSocket, error)),
      )
      .catch(() => socket.destroy())
  }

  async #identify(request: IncomingMessage): Promise<Visitor> {
    const query = new URL(request.url ?? '/', 'ws://localhost').searchParams
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? query.get('token')
    if (token === null) throw new ApiError('unauthorized', 'a token is required')
    const caller = await this.#services.accessTokens.find(token)
    if (!isOperator(caller) || !caller.scopes.has(SCOPE))
      throw new ApiError('forbidden', `this needs the scope ${SCOPE}`, { caller })
    const wanted = query.get('devices')
    const ids = wanted?.toLowerCase().split(',')
    const devices = wanted ? new Set(ids?.map(id => id.trim())) : undefined
    return { caller, token, tokenKey: keyOf(hashSecret(token)), devices }
  }

  /** Of a service account everything is on record before the answer. */
  async #record(request: IncomingMessage, caller: Caller, status: number): Promise<void> {
    if (caller.kind !== 'serviceAccount') return
    const [path = '', search = ''] = (request.url ?? '').split('?')
    await this.#services.ingest.audit.submit({
      tenantId: caller.tenantId,
      actor: callerName(caller),
      action: OPERATION,
      method: 'GET',
      path: pathAndQuery(path, search),
      status,
      deviceId: null,
      requestId: randomUUID(),
      address: addressOf(request, this.#services.config),
      details: {},
    })
  }

  /** A stream is a request of its tenant like any other. */
  #note({ method = 'GET', url = '', headers }: IncomingMessage, { caller }: Visitor): void {
    const [path = '', search = ''] = url.split('?')
    const facts = { at: Date.now(), method, path, search, headers, requestId: randomUUID(), operationId: OPERATION }
    const { requestLog, log } = this.#services
    requestLog.add(caller.tenantId, {
      ...facts,
      status: 101,
      milliseconds: 0,
      caller: callerName(caller),
      body: undefined,
    })
    log.info(
      { contract: 'tellus', operation: OPERATION, status: 101, caller: callerName(caller), requestId: facts.requestId },
      'stream',
    )
  }

  #admit(socket: WebSocket, visitor: Visitor): void {
    if (this.#services.draining.aborted) socket.close(CLOSE.goingAway, 'the server is going away')
    else if (this.#hasRoom(visitor)) this.#add({ ...visitor, socket, alive: true, expiry: setTimeout(() => {}, 0) })
    else socket.close(CLOSE.tooMany, 'this client has this stream open already')
  }

  /** The published limit: one stream per client and set of chargers. */
  #hasRoom({ caller, devices }: Visitor): boolean {
    const name = setName(devices)
    let open = 0
    for (const other of this.#subscribers.get(caller.tenantId) ?? []) {
      if (callerName(other.caller) === callerName(caller) && setName(other.devices) === name) open++
    }
    return open < this.#services.config.streamsPerClient
  }

  #add(subscriber: Subscriber): void {
    const { socket, caller } = subscriber
    const subscribers = this.#subscribers.get(caller.tenantId) ?? new Set()
    this.#subscribers.set(caller.tenantId, subscribers.add(subscriber))
    this.#endListening ??= this.#services.feed.subscribe('telemetry.readings', change => {
      if (change.kind === 'insert') this.#publish(change)
    })
    this.#services.metrics.streams.inc()
    const left = Math.min(caller.expiresAt - Date.now(), LONGEST_TIMER)
    subscriber.expiry = setTimeout(() => socket.close(CLOSE.unauthorized, 'the token has expired'), left)
    socket.on('pong', () => {
      subscriber.alive = true
    })
    socket.once('close', () => {
      clearTimeout(subscriber.expiry)
      subscribers.delete(subscriber)
      if (subscribers.size === 0) this.#subscribers.delete(caller.tenantId)
      if (this.#subscribers.size === 0) {
        this.#endListening?.()
        this.#endListening = undefined
      }
      this.#services.metrics.streams.dec()
    })
  }

  #listen(feed: Feed): void {
    feed.subscribe('core.access_tokens', ({ kind, row }) => {
      if (kind !== 'insert') this.#closeRevoked(keyOf(row.token_hash as Buffer))
    })
    feed.onResumed(({ from, to }) => {
      const gap = {
        type: 'gap',
        from: from.toISOString(),
        to: to.toISOString(),
        reason: 'the connection to the database was lost',
      }
      const frame = Buffer.from(JSON.stringify(gap))
      for (const subscriber of this.#all()) {
        this.#send(subscriber, frame)
        this.#verify(subscriber)
      }
    })
  }

  /** A token may have been revoked while the feed was away. */
  #verify({ socket, token }: Subscriber): void {
    this.#services.accessTokens.find(token).catch(error => {
      // Who cannot be looked up may come again, and is looked up then.
      refuse(socket, error)
    })
  }

  #publish({ row }: Change): void {
    const subscribers = this.#subscribers.get(row.tenant_id as string)
    if (subscribers === undefined) return
    let frame: Buffer | undefined
    for (const subscriber of subscribers) {
      if (subscriber.devices !== undefined && !subscriber.devices.has(row.device_id as string)) continue
      frame ??= Buffer.from(JSON.stringify(toFrame(row)))
      this.#send(subscriber, frame)
    }
  }

  #send({ socket }: Subscriber, frame: Buffer): void {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > this.#services.config.streamBufferBytes) {
      this.#services.metrics.streamDrops.inc()
      // The close frame stands behind all that was not read, so the connection is cut when it is not read either.
      socket.close(CLOSE.tooMany, 'too slow')
      setTimeout(() => socket.terminate(), 5000).unref()
      return
    }
    socket.send(frame, { binary: false })
  }

  #closeRevoked(tokenKey: string): void {
    for (const { socket, tokenKey: key } of this.#all())
      if (key === tokenKey) socket.close(CLOSE.unauthorized, 'the token was revoked')
  }

  #ping(): void {
    for (const subscriber of this.#all()) {
      if (!subscriber.alive) subscriber.socket.terminate()
      subscriber.alive = false
      subscriber.socket.ping()
    }
  }

  #closeAll(): void {
    clearInterval(this.#pinger)
    for (const { socket } of this.#all()) {
      socket.close(CLOSE.goingAway, 'the server is going away')
      setTimeout(() => socket.terminate(), 2000).unref()
    }
  }

  *#all(): Generator<Subscriber> {
    for (const subscribers of this.#subscribers.values()) yield* subscribers
  }
}

function toFrame(row: Record<string, unknown>) {
  return {
    device_id: row.device_id,
    timestamp: (row.time as Date).toISOString(),
    connectors: [
      {
        connector_id: row.connector_id,
        state: row.state,
        power: row.power_kw,
        soc: row.soc_percent,
        energy_delivered: row.energy_delivered_kwh,
        ...(row.voltage_v === null ? {} : { voltage: row.voltage_v }),
        ...(row.current_a === null ? {} : { current: row.current_a }),
        ...(row.temperature_c === null ? {} : { temperature: row.temperature_c }),
      },
    ],
  }
}

function refuse(socket: WebSocket, error: unknown): void {
  const kind = error instanceof ApiError ? error.kind : 'internal'
  if (kind === 'unauthorized') socket.close(CLOSE.unauthorized, (error as ApiError).message)
  else if (kind === 'forbidden') socket.close(CLOSE.forbidden, (error as ApiError).message)
  else socket.close(1011, 'internal error')
}

const setName = (devices: Set<string> | undefined) => (devices === undefined ? '*' : [...devices].sort().join(','))
const keyOf = (hash: Buffer) => hash.toString('base64')
