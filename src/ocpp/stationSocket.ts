import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import type { Services } from '../services.ts'
import type { Connection } from '../store/ocppConnections.ts'
import { type HandlerTable, OcppError, type Outcome, type Station } from './action.ts'
import { now } from './clock.ts'
import { dispatch } from './dispatch.ts'
import type { LinkActivity } from './linkActivity.ts'
import type { Effect } from './rpc/effects.ts'
import { RpcEngine } from './rpc/engine.ts'
import { check } from './schemas.ts'

/** Who does not answer a close frame within this time is cut off; in milliseconds. */
const CLOSE_PATIENCE = 2000
/** How long a draining server waits for the answer to what it has asked, in milliseconds. */
const DRAIN_PATIENCE = 2000
/** Calls to one station that may wait. */
const MAX_QUEUED = 100
/** What a station may leave unread, in bytes. */
const MAX_UNREAD = 1_048_576

export const CLOSE = { goingAway: 1001, unsupported: 1003, policy: 1008, replaced: 4001, normal: 1000 }

export interface SocketOptions {
  services: Services
  handlers: HandlerTable
  links: LinkActivity
  webSocket: WebSocket
  station: Station
  connection: Connection
  /** Where the station reaches this server. */
  address: string
  /** Told once, with the code and reason that the connection is remembered by. */
  onClosed: (socket: StationSocket, code: number, reason: string) => void
}

/** The socket of one connection: what the RPC engine decides, done. */
export class StationSocket {
  readonly connection: Connection
  /** Changes when the station's row does. */
  readonly station: Station
  /** Where the station reaches this server, without a slash at the end. */
  readonly address: string
  readonly #options: SocketOptions
  readonly #webSocket: WebSocket
  readonly #engine: RpcEngine
  readonly #settling = new Map<number, (outcome: Outcome) => void>()
  #timer: NodeJS.Timeout | undefined
  #isAlive = true
  #isDraining = false
  #isImpatient = false
  #ending: { code: number; reason: string } | undefined

  constructor(options: SocketOptions) {
    const { services, webSocket, station, connection, address } = options
    const { callTimeoutSeconds, maxPendingCalls } = services.config.ocpp
    this.#options = options
    this.#webSocket = webSocket
    this.station = station
    this.connection = connection
    this.address = address
    const { protocol } = connection
    this.#engine = new RpcEngine({
      protocol,
      check: (action, kind, payload) => check(protocol, action, kind, payload),
      mode: () => station.validation,
      newId: randomUUID,
      timeout: callTimeoutSeconds * 1000,
      maxPending: maxPendingCalls,
    })
    webSocket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary))
    webSocket.on('pong', () => this.#hear())
    webSocket.on('ping', () => this.#hear())
    webSocket.on('error', error => this.#fail(error))
    webSocket.once('close', (code, reason) => this.#closed(code, reason.toString()))
  }

  /** Sends a CALL when those before it are answered. @throws OcppError when the payload is not as it should be */
  call(action: string, payload: Record<string, unknown>, signal?: AbortSignal): Promise<Outcome> {
    const breach = check(this.connection.protocol, action, 'request', payload)
    if (breach !== undefined) throw new OcppError(breach.code, breach.description)
    if (this.#isDraining || this.#ending !== undefined) return Promise.resolve({ kind: 'offline', unsent: true })
    if (signal?.aborted) return Promise.resolve({ kind: 'timeout' })
    if (this.#settling.size >= MAX_QUEUED) return Promise.resolve({ kind: 'busy' })
    const { call, effects } = this.#engine.call(action, payload, now())
    const outcome = new Promise<Outcome>(resolve => {
      this.#settling.set(call, resolve)
      signal?.addEventListener('abort', () => {
        this.#engine.cancel(call)
        this.#settle(call, { kind: 'timeout' })
      })
    })
    this.#apply(effects)
    return outcome
  }

  /** Asks for a sign of life; without one since the last time the connection is over. */
  ping(): void {
    if (this.#webSocket.isPaused) return
    if (!this.#isAlive) {
      this.#ending ??= { code: 1006, reason: 'no answer to a ping' }
      this.#webSocket.terminate()
      return
    }
    this.#isAlive = false
    this.#webSocket.ping()
  }

  /** Ends the connection with a close frame, and by force when nobody answers it. */
  close(code: number, reason: string): void {
    if (this.#ending !== undefined) return
    this.#ending = { code, reason }
    // A paused socket would not read the answer.
    this.#webSocket.resume()
    this.#webSocket.close(code, cut(reason))
    setTimeout(() => this.#webSocket.terminate(), CLOSE_PATIENCE).unref()
  }

  /** Ends the connection as soon as the calls that have come are answered, and the one that was sent, if that is soon. */
  drain(): void {
    if (!this.#isDraining) {
      this.#isDraining = true
      this.#apply(this.#engine.drain())
      setTimeout(() => {
        this.#isImpatient = true
        this.#closeWhenDone()
      }, DRAIN_PATIENCE).unref()
    }
    this.#closeWhenDone()
  }

  #closeWhenDone(): void {
    const { pending, isWaiting } = this.#engine
    if (pending === 0 && (!isWaiting || this.#isImpatient)) this.close(CLOSE.goingAway, 'the server is going away')
  }

  #hear(): void {
    this.#isAlive = true
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#hear()
    if (this.#ending !== undefined) return
    if (isBinary) {
      this.#report('MALFORMED_FRAME', 'a binary message')
      this.close(CLOSE.unsupported, 'OCPP-J is text')
      return
    }
    this.#apply(this.#engine.receive(data.toString(), now()))
    if (this.#isDraining) this.#closeWhenDone()
  }

  /** While the log is full nothing more is read, so that the station waits instead of the server growing. */
  #pause(): void {
    if (this.#webSocket.isPaused || this.#ending !== undefined) return
    this.#webSocket.pause()
    // Nobody can answer a ping meanwhile.
    this.#options.services.messageLog.onRoom(() => {
      this.#hear()
      this.#webSocket.resume()
    })
  }

  #apply(effects: Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
          this.#send(effect.text)
          break
        case 'log':
          this.#log(effect.record)
          break
        case 'deliver':
          void this.#handle(effect)
          break
        case 'settle':
          this.#settle(effect.call, effect.outcome)
          break
        case 'report':
          this.#report(effect.category, effect.message)
          break
        case 'close':
          this.close(effect.code, effect.reason)
          break
      }
    }
    this.#schedule()
  }

  #send(text: string): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    if (this.#webSocket.bufferedAmount > MAX_UNREAD) {
      this.#ending ??= { code: 1006, reason: 'the station does not read' }
      this.#webSocket.terminate()
    } else this.#webSocket.send(text)
  }

  #log(record: Extract<Effect, { do: 'log' }>['record']): void {
    const isChecked = record.direction === 'OUT' || this.station.validation !== 'off'
    const { services, links } = this.#options
    if (!services.messageLog.add(record, this.connection, isChecked)) this.#pause()
    if (this.station.deviceId !== null) links.note(this.station.deviceId, this.connection.protocol, record)
  }

  async #handle({ id, action, payload, receivedAt }: Extract<Effect, { do: 'deliver' }>): Promise<void> {
    const { services, handlers } = this.#options
    const { protocol, connectionId } = this.connection
    const delivery = {
      protocol,
      connectionId,
      action,
      payload,
      station: this.station,
      uniqueId: id,
      receivedAt: new Date(receivedAt),
    }
    const { answer, afterwards } = await dispatch(handlers, services, delivery)
    this.#apply(this.#engine.answer(answer, now()))
    if (this.#isDraining) this.#closeWhenDone()
    for (const work of afterwards) {
      try {
        await work()
      } catch (error) {
        services.log.error({ err: error, action, identity: this.station.identity }, 'what follows an OCPP call failed')
      }
    }
  }

  #settle(call: number, outcome: Outcome): void {
    this.#settling.get(call)?.(outcome)
    this.#settling.delete(call)
  }

  /** One timer, for the call that is underway. */
  #schedule(): void {
    clearTimeout(this.#timer)
    const { deadline } = this.#engine
    if (deadline === undefined) return
    this.#timer = setTimeout(() => this.#apply(this.#engine.tick(now())), Math.max(1, Math.ceil(deadline - now())))
  }

  #report(category: string, message: string): void {
    const { tenantId, identity, remoteAddress, connectionId } = this.connection
    const event = { tenantId, identity, category, message, severity: 'medium' as const, details: { connectionId } }
    void this.#options.services.security.addSparingly(event, remoteAddress)
  }

  /** What ws does not take, it refuses with a close frame of its own. */
  #fail(error: Error & { code?: string }): void {
    if (error.code?.startsWith('WS_ERR_')) this.#report('MALFORMED_FRAME', error.message)
    this.#ending ??= { code: CODES[error.code ?? ''] ?? 1006, reason: error.message }
    setTimeout(() => this.#webSocket.terminate(), CLOSE_PATIENCE).unref()
  }

  #closed(code: number, reason: string): void {
    this.#ending ??= { code, reason }
    this.#apply(this.#engine.end())
    clearTimeout(this.#timer)
    this.#options.onClosed(this, this.#ending.code, this.#ending.reason)
  }
}

/** The close codes that ws answers with. */
const CODES: Record<string, number> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_INVALID_UTF8: 1007,
}

/** The reason of a close frame has at most 123 bytes. */
const cut = (reason: string) =>
  Buffer.from(reason)
    .subarray(0, 120)
    .toString()
    .replace(/\ufffd$/, '')
