import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import type { Outcome, Protocol } from '../action.ts'
import type { Answer, Effect } from '../rpc/effects.ts'
import { RpcEngine } from '../rpc/engine.ts'
import type { Payload } from '../rpc/frame.ts'
import { check } from '../schemas.ts'
import { lookupOutside } from './allowedHosts.ts'
import { Untranslatable } from './translator.ts'

export interface UpstreamOptions {
  /** Without the identity, which is appended. */
  url: string
  identity: string
  protocol: Protocol
  password: string | null
  /** How long a call may wait for its answer, in milliseconds. */
  callTimeout: number
  /** Answers a call of the upstream. */
  answer: (action: string, payload: Payload) => Promise<Answer>
  onOpen: () => void
  /** Told once per connection that was open. */
  onLost: (reason: string) => void
  /** Told when a connection could not be made. */
  onFailed: (reason: string) => void
}

const HANDSHAKE = 10_000
const PING = 30_000
/** From the first to the longest wait before another attempt, in milliseconds. */
const FIRST_WAIT = 500
const LONGEST_WAIT = 60_000
const LARGEST_FRAME = 65_536
/** Calls of the upstream that may wait at a time. */
const MAX_PENDING = 50

/** A connection to an upstream in the role of a station, made again whenever it is lost. */
export class Upstream {
  readonly #options: UpstreamOptions
  #socket: WebSocket | undefined
  #engine: RpcEngine | undefined
  readonly #settling = new Map<number, (outcome: Outcome) => void>()
  #failures = 0
  #stopped = false
  #waiting: NodeJS.Timeout | undefined
  #deadline: NodeJS.Timeout | undefined

  constructor(options: UpstreamOptions) {
    this.#options = options
  }

  /** Connects, now and after every loss, until `stop`. */
  start(): void {
    const { url, identity, protocol, password } = this.#options
    const credentials = password === null ? {} : { authorization: basic(identity, password) }
    const socket = new WebSocket(`${url.replace(/\/+$/, '')}/${encodeURIComponent(identity)}`, [protocol], {
      headers: credentials,
      lookup: lookupOutside,
      followRedirects: false,
      handshakeTimeout: HANDSHAKE,
      perMessageDeflate: false,
      maxPayload: LARGEST_FRAME,
    })
    this.#socket = socket
    let reason = 'the connection was closed'
    let isOpen = false
    socket.once('open', () => {
      isOpen = true
      this.#failures = 0
      this.#opened(socket)
    })
    socket.on('error', error => {
      reason = error.message
    })
    socket.once('close', () => {
      this.#closed()
      if (this.#stopped) return
      if (isOpen) this.#options.onLost(reason)
      else this.#options.onFailed(reason)
      this.#reconnect()
    })
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#waiting)
    const socket = this.#socket
    socket?.close(1000)
    if (socket !== undefined) setTimeout(() => socket.terminate(), 2000).unref()
  }

  /** Sends a call when those before it are answered. @throws Untranslatable for one that breaks the schema of its action */
  call(action: string, payload: Payload, signal?: AbortSignal): Promise<Outcome> {
    const breach = check(this.#options.protocol, action, 'request', payload)
    if (breach !== undefined) throw new Untranslatable(`${action} for the upstream: ${breach.description}`)
    const engine = this.#engine
    if (engine === undefined) return Promise.resolve({ kind: 'offline' })
    const { call, effects } = engine.call(action, payload, Date.now())
    const outcome = new Promise<Outcome>(resolve => {
      this.#settling.set(call, resolve)
      signal?.addEventListener('abort', () => {
        engine.cancel(call)
        this.#settle(call, { kind: 'timeout' })
      })
    })
    this.#apply(engine, effects)
    return outcome
  }

  #opened(socket: WebSocket): void {
    const { protocol, callTimeout, onOpen } = this.#options
    const engine = new RpcEngine({
      protocol,
      check: (action, kind, payload) => check(protocol, action, kind, payload),
      mode: () => 'strict',
      newId: randomUUID,
      timeout: callTimeout,
      maxPending: MAX_PENDING,
    })
    this.#engine = engine
    let isAlive = true
    const pinger = setInterval(() => {
      if (!isAlive) return socket.terminate()
      isAlive = false
      socket.ping()
    }, PING)
    socket.on('pong', () => {
      isAlive = true
    })
    socket.on('message', (data: Buffer) => {
      isAlive = true
      this.#apply(engine, engine.receive(data.toString(), Date.now()))
    })
    socket.once('close', () => clearInterval(pinger))
    onOpen()
  }

  #closed(): void {
    clearTimeout(this.#deadline)
    const engine = this.#engine
    this.#engine = undefined
    if (engine !== undefined) for (const effect of engine.end()) this.#do(engine, effect)
  }

  #reconnect(): void {
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++)
    // Stations that were cut off together do not come back together.
    this.#waiting = setTimeout(() => this.start(), wait * (0.5 + Math.random() / 2))
  }

  #apply(engine: RpcEngine, effects: Effect[]): void {
    for (const effect of effects) this.#do(engine, effect)
    clearTimeout(this.#deadline)
    const { deadline } = engine
    if (deadline === undefined || engine !== this.#engine) return
    const wait = Math.max(1, Math.ceil(deadline - Date.now()))
    this.#deadline = setTimeout(() => this.#apply(engine, engine.tick(Date.now())), wait)
  }

  #do(engine: RpcEngine, effect: Effect): void {
    if (effect.do === 'send') this.#socket?.send(effect.text)
    else if (effect.do === 'settle') this.#settle(effect.call, effect.outcome)
    else if (effect.do === 'close') this.#socket?.close(effect.code, effect.reason)
    else if (effect.do === 'deliver')
      void this.#options.answer(effect.action, effect.payload).then(answer => {
        if (engine === this.#engine) this.#apply(engine, engine.answer(answer, Date.now()))
      })
  }

  #settle(call: number, outcome: Outcome): void {
    this.#settling.get(call)?.(outcome)
    this.#settling.delete(call)
  }
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
