import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import type { Logger } from 'pino'
import type * as proxies from '../../store/proxies.ts'
import * as proxyQueue from '../../store/proxyQueue.ts'
import type { Outcome } from '../action.ts'
import type { Payload } from '../rpc/frame.ts'
import { check } from '../schemas.ts'
import {
  type Call,
  type ProxiedTransaction,
  type StationMessage,
  type Translator,
  Untranslatable,
} from './translator.ts'

export interface DeliveryOptions {
  db: Knex
  log: Logger
  proxy: proxies.Proxy
  translator: Translator
  call: (action: string, payload: Payload) => Promise<Outcome>
  /** Told what became of a message. */
  translated: (method: string, calls: Call[]) => void
  refused: (method: string, outcome: Outcome) => void
  failed: (method: string, reason: string) => void
}

/** How long a station's call may wait for the upstream's word, in milliseconds; stations wait for 30 seconds. */
export const PATIENCE = 5000
/** How often a message is tried that the upstream refuses or leaves unanswered. */
const ATTEMPTS = 3
/** After this time the queue is looked at again when the database failed, in milliseconds. */
const RETRY = 5000

/** What an upstream must know of a station's transactions: kept in the database until it has taken it, and in order. */
export class Deliveries {
  readonly #options: DeliveryOptions
  /** Those who wait for the upstream's answer to a message. */
  readonly #waiting = new Map<string, (answer?: Payload) => void>()
  #isUp = false
  #pumping = false
  #isMore = false
  #retrying: NodeJS.Timeout | undefined

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** The upstream is there and has accepted the station. */
  resume(): void {
    this.#isUp = true
    this.#pump()
  }

  /** The upstream is away. */
  pause(): void {
    this.#isUp = false
    clearTimeout(this.#retrying)
  }

  /**
   * Takes a message in.
   *
   * @param isAsked whether to wait for what the upstream says to it
   * @returns the upstream's answer; undefined when it does not come in time
   */
  async add(message: StationMessage, isAsked: boolean): Promise<Payload | undefined> {
    const { db, proxy } = this.#options
    const queueId = await proxyQueue.enqueue(db, proxy.tenantId, proxy.identity, message)
    const answer = isAsked && this.#isUp ? this.#answerTo(queueId) : undefined
    this.#pump()
    return answer
  }

  #answerTo(queueId: string): Promise<Payload | undefined> {
    return new Promise(resolve => {
      const end = (answer?: Payload) => {
        clearTimeout(timer)
        this.#waiting.delete(queueId)
        resolve(answer)
      }
      const timer = setTimeout(end, PATIENCE)
      this.#waiting.set(queueId, end)
    })
  }

  /** Brings the upstream what waits for it, until nothing does or the upstream is away. */
  #pump(): void {
    this.#isMore = true
    if (this.#pumping || !this.#isUp) return
    this.#pumping = true
    const { log, proxy } = this.#options
    this.#drain().catch(error => {
      log.warn({ err: error, identity: proxy.identity }, 'messages for an upstream wait')
      this.#pumpIn(RETRY)
    })
  }

  #pumpIn(milliseconds: number): void {
    clearTimeout(this.#retrying)
    if (this.#isUp) this.#retrying = setTimeout(() => this.#pump(), milliseconds)
  }

  async #drain(): Promise<void> {
    const { db, proxy } = this.#options
    try {
      while (this.#isMore && this.#isUp) {
        this.#isMore = false
        const message = await proxyQueue.claim(db, proxy)
        if (message !== undefined) this.#isMore = await this.#deliver(message)
      }
      // Another process that was at it may be gone.
      const wait = await proxyQueue.claimableIn(db, proxy)
      if (wait !== undefined) this.#pumpIn(wait)
    } finally {
      this.#pumping = false
      if (this.#isMore) this.#pumpIn(0)
    }
  }

  /** @returns whether the next one may follow */
  async #deliver(message: proxyQueue.QueuedMessage): Promise<boolean> {
    const { translator, call, translated, failed } = this.#options
    // It may have come from a station that is not held to the schemas, or that speaks another version by now.
    const breach = check(translator.stationProtocol, message.action, 'request', message.payload)
    if (breach !== undefined) {
      failed(message.action, breach.description)
      await this.#settle(message, undefined)
      return true
    }
    const transaction = await this.#transactionOf(message)
    let learned = transaction
    let answer: Payload | undefined
    try {
      const calls = translator.toUpstream(message, transaction, randomUUID)
      for (const [index, { action, payload }] of calls.entries()) {
        const outcome = await call(action, payload)
        if (outcome.kind !== 'result') return await this.#undelivered(message, outcome)
        if (index > 0) continue
        answer = outcome.payload
        learned = translator.learn(message, transaction, calls[0]!, answer)
      }
      if (calls.length > 0) translated(message.action, calls)
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      failed(message.action, error.message)
    }
    await this.#settle(message, learned, answer)
    return true
  }

  /** What is known of the transaction that a message is about. */
  async #transactionOf(message: StationMessage): Promise<ProxiedTransaction | undefined> {
    const { db, proxy, translator } = this.#options
    const id = translator.transactionOf(message)
    if (id === undefined) return undefined
    const known = await proxyQueue.findTransaction(db, proxy.identity, { station: id })
    if (known === undefined || !translator.beginsAnother(message, known)) return known
    await proxyQueue.forget(db, proxy.identity, known)
    return undefined
  }

  async #settle(
    { queueId }: proxyQueue.QueuedMessage,
    learned: Parameters<typeof proxyQueue.settle>[3],
    answer?: Payload,
  ): Promise<void> {
    const { db, proxy } = this.#options
    await proxyQueue.settle(db, proxy, queueId, learned)
    this.#waiting.get(queueId)?.(answer)
  }

  /** What the upstream does not take after some attempts is left out, so that it does not keep back what follows. */
  async #undelivered(message: proxyQueue.QueuedMessage, outcome: Outcome): Promise<boolean> {
    const { db, proxy, refused, failed } = this.#options
    this.#waiting.get(message.queueId)?.()
    if (outcome.kind === 'offline') {
      await proxyQueue.release(db, message.queueId, false)
      return false
    }
    refused(message.action, outcome)
    if (message.attempts < ATTEMPTS) await proxyQueue.release(db, message.queueId, true)
    else {
      failed(message.action, `given up after ${ATTEMPTS} attempts`)
      await proxyQueue.settle(db, proxy, message.queueId, undefined)
    }
    return true
  }
}
