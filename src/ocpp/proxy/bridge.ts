import { randomInt, randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import type { Logger } from 'pino'
import * as proxies from '../../store/proxies.ts'
import * as proxyQueue from '../../store/proxyQueue.ts'
import { type LocalStations, OcppError, type Outcome, type Protocol } from '../action.ts'
import type { Answer } from '../rpc/effects.ts'
import type { Payload } from '../rpc/frame.ts'
import { check } from '../schemas.ts'
import { Deliveries, PATIENCE } from './deliveries.ts'
import { station16 } from './station16.ts'
import { station201 } from './station201.ts'
import { type Call, isDurable, type StationMessage, type Translator, Untranslatable } from './translator.ts'
import { Upstream } from './upstream.ts'

export interface BridgeMeans {
  db: Knex
  stations: LocalStations
  log: Logger
  /** How long a call waits for its answer, in milliseconds. */
  callTimeout: number
}

/** The translator between a station and an upstream; undefined when they speak the same. */
export function translatorFor(stationProtocol: Protocol, upstreamProtocol: string): Translator | undefined {
  const translator = stationProtocol === 'ocpp1.6' ? station16 : station201
  // Of what is translated, 2.1 says nothing otherwise than 2.0.1.
  return translator.upstreamProtocol === upstreamProtocol ? { ...translator, stationProtocol } : undefined
}

/**
 * One station that is connected here, and the upstream that it is shown to. What the upstream must know of transactions
 * goes through a queue in the database, in order; the rest is told when it is there. The station is answered in any case.
 */
export class Bridge {
  readonly #means: BridgeMeans
  readonly #proxy: proxies.Proxy
  readonly #translator: Translator
  readonly #upstream: Upstream
  readonly #deliveries: Deliveries
  /** Whether the upstream has accepted the station on this connection. */
  #isRegistered = false
  #registering: NodeJS.Timeout | undefined
  #boot: Call | undefined
  /** What each connector said last. */
  readonly #statuses = new Map<string, StationMessage>()
  #hasFailed = false
  /** What the upstream said last to the registration of the station. */
  #registration: unknown
  #stopped = false

  constructor(means: BridgeMeans, proxy: proxies.Proxy, translator: Translator) {
    this.#means = means
    this.#proxy = proxy
    this.#translator = translator
    this.#upstream = new Upstream({
      url: proxy.upstreamUrl,
      identity: proxy.identity,
      protocol: translator.upstreamProtocol,
      password: proxy.password,
      callTimeout: means.callTimeout,
      answer: (action, payload) => this.#answerUpstream({ action, payload }),
      onOpen: () => this.#opened(),
      onLost: reason => this.#lost(reason),
      onFailed: reason => this.#failed(reason),
    })
    this.#deliveries = new Deliveries({
      ...means,
      proxy,
      translator,
      call: (action, payload) => this.#upstream.call(action, payload),
      translated: (method, calls) => this.#note('translation', method, { as: calls.map(({ action }) => action) }),
      refused: (method, outcome) => this.#noteRefusal(method, outcome),
      failed: (method, reason) => this.#note('error', method, { reason }),
    })
  }

  start(): void {
    this.#upstream.start()
  }

  stop(): void {
    this.#stopped = true
    this.#isRegistered = false
    clearTimeout(this.#registering)
    this.#deliveries.pause()
    this.#upstream.stop()
  }

  /** Tells the upstream what a station said. @returns what the station is answered */
  async answer(message: StationMessage): Promise<Payload> {
    const breach = check(this.#translator.stationProtocol, message.action, 'request', message.payload)
    if (breach !== undefined) {
      this.#note('error', message.action, { reason: breach.description })
      return message.answer
    }
    if (isDurable(message)) return this.#queue(message)
    if (message.action === 'Authorize' || message.action === 'DataTransfer') return this.#ask(message)
    if (message.action === 'StatusNotification')
      this.#statuses.set(`${message.payload.evseId}/${message.payload.connectorId}`, message)
    if (message.action === 'BootNotification') {
      this.#statuses.clear()
      this.#boot = this.#translate(message)[0]
      this.#run(() => this.#register())
    } else if (this.#isRegistered) this.#run(() => this.#tell(message))
    return message.answer
  }

  async #queue(message: StationMessage): Promise<Payload> {
    const isAsked = (message.payload.idTag ?? message.payload.idToken) !== undefined
    const answer = await this.#deliveries.add(message, isAsked)
    return answer === undefined ? message.answer : this.#translator.answerStation(message, answer)
  }

  /** What the upstream says decides; our own answer stands in for it. */
  async #ask(message: StationMessage): Promise<Payload> {
    const [call] = this.#isRegistered ? this.#translate(message) : []
    if (call === undefined) return message.answer
    try {
      const outcome = await this.#upstream.call(call.action, call.payload, AbortSignal.timeout(PATIENCE))
      this.#noteRefusal(message.action, outcome)
      return outcome.kind === 'result' ? this.#translator.answerStation(message, outcome.payload) : message.answer
    } catch (error) {
      this.#noteUntranslatable(message.action, error)
      return message.answer
    }
  }

  async #tell(message: StationMessage): Promise<void> {
    try {
      for (const { action, payload } of this.#translate(message))
        this.#noteRefusal(message.action, await this.#upstream.call(action, payload))
    } catch (error) {
      this.#noteUntranslatable(message.action, error)
    }
  }

  /** The calls that a message comes to; none, and an event, when it cannot be said. */
  #translate(message: StationMessage): Call[] {
    try {
      const calls = this.#translator.toUpstream(message, undefined, randomUUID)
      if (calls.length > 0) this.#note('translation', message.action, { as: calls.map(({ action }) => action) })
      return calls
    } catch (error) {
      this.#noteUntranslatable(message.action, error)
      return []
    }
  }

  #noteUntranslatable(method: string, error: unknown): void {
    if (!(error instanceof Untranslatable)) throw error
    this.#note('error', method, { reason: error.message })
  }

  #opened(): void {
    this.#hasFailed = false
    this.#note('upstream_connected', 'Connect', { url: this.#proxy.upstreamUrl })
    this.#run(() => this.#register())
  }

  #lost(reason: string): void {
    this.#isRegistered = false
    this.#deliveries.pause()
    clearTimeout(this.#registering)
    this.#note('upstream_lost', 'Connect', { reason })
  }

  /** Of attempts that fail one after the other, only the first is an event. */
  #failed(reason: string): void {
    if (!this.#hasFailed) this.#note('error', 'Connect', { reason })
    this.#hasFailed = true
  }

  /** Registers the station. Nothing else may be said before the upstream accepts it (OCPP 2.0.1, B01). */
  async #register(): Promise<void> {
    clearTimeout(this.#registering)
    const boot = this.#boot ?? (await this.#knownBoot())
    if (boot === undefined) return
    const outcome = await this.#upstream.call(boot.action, boot.payload)
    if (this.#stopped || outcome.kind === 'offline') return
    this.#noteRefusal('BootNotification', outcome)
    const { status, interval } = outcome.kind === 'result' ? outcome.payload : {}
    this.#noteRegistration(status)
    if (status !== 'Accepted') {
      const seconds = Math.min(Math.max(Number(interval) || 60, 1), 86_400)
      this.#registering = setTimeout(() => this.#run(() => this.#register()), seconds * 1000)
      return
    }
    this.#isRegistered = true
    for (const status of this.#statuses.values()) await this.#tell(status)
    if (this.#isRegistered) this.#deliveries.resume()
  }

  /** Our own answer has accepted the station, so that only this tells that its upstream has not. */
  #noteRegistration(status: unknown): void {
    if (status !== this.#registration && (status === 'Pending' || status === 'Rejected'))
      this.#note('error', 'BootNotification', { reason: `the upstream answered ${status}` })
    this.#registration = status
  }

  /** A station that does not register again when it connects is known from before. */
  async #knownBoot(): Promise<Call | undefined> {
    const facts = await proxies.bootFacts(this.#means.db, this.#proxy.identity)
    return facts && this.#translator.boot(facts)
  }

  /** A call of the upstream, answered by the station. */
  async #answerUpstream(call: Call): Promise<Answer> {
    const { db, stations } = this.#means
    const { identity } = this.#proxy
    try {
      const byUpstream = (id: string) => proxyQueue.findTransaction(db, identity, { upstream: id })
      const downward = await this.#translator.toStation(call, byUpstream, () => randomInt(1, 2 ** 31))
      this.#note('translation', call.action, 'call' in downward ? { as: [downward.call.action] } : {}, true)
      if ('answer' in downward) return { kind: 'result', payload: downward.answer }
      const outcome = await stations.call(identity, downward.call.action, downward.call.payload)
      if (outcome.kind === 'result')
        return { kind: 'result', payload: this.#translator.answerUpstream(call, outcome.payload) }
      throw outcome.kind === 'error'
        ? new OcppError('GenericError', `the station answered ${outcome.code}`)
        : new OcppError('GenericError', 'the station did not answer')
    } catch (error) {
      return this.#refusal(call, error)
    }
  }

  #refusal({ action }: Call, error: unknown): Answer {
    const refused =
      error instanceof OcppError
        ? error
        : error instanceof Untranslatable
          ? new OcppError('NotSupported', error.message)
          : new OcppError('InternalError', 'internal error')
    if (refused !== error && !(error instanceof Untranslatable))
      this.#means.log.error({ err: error, identity: this.#proxy.identity, action }, 'a call of an upstream failed')
    this.#note('error', action, { reason: refused.message }, true)
    return { kind: 'error', code: refused.code, description: refused.message, details: {} }
  }

  #noteRefusal(method: string, outcome: Outcome): void {
    if (outcome.kind === 'error')
      this.#note('error', method, { reason: `the upstream answered ${outcome.code}: ${outcome.description}` })
    else if (outcome.kind === 'timeout') this.#note('error', method, { reason: 'the upstream did not answer' })
  }

  #note(type: proxies.ProxyEventType, method: string, details: Record<string, unknown>, fromUpstream = false): void {
    const { tenantId, identity } = this.#proxy
    const { stationProtocol, upstreamProtocol } = this.#translator
    const [fromProtocol, toProtocol] = fromUpstream
      ? [upstreamProtocol, stationProtocol]
      : [stationProtocol, upstreamProtocol]
    const event = { tenantId, identity, type, method, details, fromProtocol, toProtocol }
    this.#run(() => proxies.addEvent(this.#means.db, event))
  }

  /** What nobody waits for. */
  #run(work: () => Promise<void>): void {
    work().catch(error =>
      this.#means.log.warn({ err: error, identity: this.#proxy.identity }, 'work for an upstream failed'),
    )
  }
}
