import type pg from 'pg'
import type { Logger } from 'pino'
import { isDatabaseAway } from '../errors.ts'
import { type SecondCount, type StationCount, type StoredMessage, store } from '../store/ocppMessages.ts'
import type { FrameRecord } from './rpc/effects.ts'
import { type Link, toStored } from './storedMessage.ts'

export interface MessageLogOptions {
  pool: pg.Pool
  processId: string
  log: Logger
  /** How many messages may wait. */
  queueLimit: number
  /** Told after each flush, with the number of messages. */
  observe?: (messages: number) => void
}

/** What comes within this time goes in one transaction, in milliseconds. It is all that a message is late on the board. */
const GATHER = 50
const BATCH = 1000
const RETRY_AFTER = 500
/** What may wait and what goes in one transaction, in bytes of payload: few long messages are as much as many short ones. */
const QUEUE_BYTES = 128 * 1024 * 1024
const BATCH_BYTES = 16 * 1024 * 1024

/**
 * The log of every frame: written off the answer path, by group commit, within a second. What waits is bounded; when it
 * is too much, heartbeats are left out and counted, and stations are not read from until there is room.
 */
export class MessageLog {
  readonly #options: MessageLogOptions
  #queue: StoredMessage[] = []
  #bytes = 0
  /** Heartbeats that were left out, by tenant. */
  readonly #dropped = new Map<string, number>()
  #droppedEver = 0
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  #stopped = false
  readonly #waiting = new Set<() => void>()

  constructor(options: MessageLogOptions) {
    this.#options = options
  }

  /** Messages that wait for their commit. */
  get depth(): number {
    return this.#queue.length
  }

  /** Heartbeats that were not logged since the start. */
  get dropped(): number {
    return this.#droppedEver
  }

  /** Whether there is no room for more. */
  get isFull(): boolean {
    return this.#queue.length >= this.#options.queueLimit || this.#bytes >= QUEUE_BYTES
  }

  /** Calls back once when there is room again. */
  onRoom(listener: () => void): void {
    this.#waiting.add(listener)
  }

  /**
   * Takes a frame; nobody waits for its commit.
   *
   * @param isChecked whether it was held against its schema
   * @returns false when whoever sends such frames should not be read from before there is room
   */
  add(record: FrameRecord, link: Link, isChecked: boolean): boolean {
    if (this.isFull && record.method === 'Heartbeat') {
      this.#droppedEver++
      this.#dropped.set(link.tenantId, (this.#dropped.get(link.tenantId) ?? 0) + 1)
      return true
    }
    // At once: as bytes a payload is one thing to keep, as it came it is dozens, which cost more to keep than to write.
    const message = toStored(record, link, isChecked)
    this.#queue.push(message)
    this.#bytes += bytesOf(message)
    this.#schedule(this.#queue.length >= BATCH ? 0 : GATHER)
    return !this.isFull
  }

  /** Writes what waits, and ends. What the database does not take by then is lost, and said. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#flushing
    while (this.#queue.length > 0) {
      const left = await this.#write(this.#takeBatch())
      if (left.length === 0) continue
      this.#options.log.error({ messages: left.length + this.#queue.length }, 'messages were not logged')
      return
    }
  }

  #schedule(delay: number): void {
    if (this.#stopped || this.#flushing !== undefined) return
    if (this.#timer !== undefined) {
      if (delay > 0) return
      clearTimeout(this.#timer)
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#flushing = this.#flush().then(delay => {
        this.#flushing = undefined
        this.#tellRoom()
        if (this.#queue.length > 0) this.#schedule(delay ?? (this.#queue.length >= BATCH ? 0 : GATHER))
      })
    }, delay)
  }

  #tellRoom(): void {
    // A little slack, so that not everybody is stopped again by the next message.
    if (this.#waiting.size === 0) return
    if (this.#queue.length > this.#options.queueLimit / 2 || this.#bytes > QUEUE_BYTES / 2) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const listener of waiting) listener()
  }

  /** @returns after which time to try again, when the database did not take all; in milliseconds */
  async #flush(): Promise<number | undefined> {
    const left = await this.#write(this.#takeBatch())
    if (left.length === 0) return undefined
    this.#queue = [...left, ...this.#queue]
    for (const message of left) this.#bytes += bytesOf(message)
    return RETRY_AFTER
  }

  /** At least one message, and no more than one transaction should be long. */
  #takeBatch(): StoredMessage[] {
    let bytes = 0
    let count = 0
    for (const message of this.#queue) {
      if (count === BATCH || (count > 0 && bytes + bytesOf(message) > BATCH_BYTES)) break
      bytes += bytesOf(message)
      count++
    }
    this.#bytes -= bytes
    return this.#queue.splice(0, count)
  }

  /**
   * A message that the database refuses fails alone: its batch is halved until it stands by itself.
   *
   * @returns what the database is not there for
   */
  async #write(batch: StoredMessage[]): Promise<StoredMessage[]> {
    const dropped = new Map(this.#dropped)
    this.#dropped.clear()
    try {
      const { pool, processId } = this.#options
      await store(pool, processId, batch, countStations(batch), countSeconds(batch, dropped))
      this.#options.observe?.(batch.length)
      return []
    } catch (error) {
      for (const [tenantId, count] of dropped) this.#dropped.set(tenantId, (this.#dropped.get(tenantId) ?? 0) + count)
      if (isDatabaseAway(error) || isPassing(error)) {
        this.#options.log.warn({ err: error }, 'messages could not be logged')
        return batch
      }
      if (batch.length === 1) {
        this.#options.log.error({ err: error, identity: batch[0]!.identity }, 'a message could not be logged')
        return []
      }
      const half = batch.length >> 1
      return [...(await this.#write(batch.slice(0, half))), ...(await this.#write(batch.slice(half)))]
    }
  }
}

/** Deadlocks and the like, which another try does not meet; a Postgres that is in trouble. */
const isPassing = (error: unknown) => /^(40|53|57|58|XX)/.test(String((error as { code?: unknown }).code))

const bytesOf = ({ payload }: StoredMessage) => payload?.length ?? 0

const isError = ({ type }: StoredMessage) => type === 'CALLERROR' || type === 'INVALID'

function countStations(batch: StoredMessage[]): StationCount[] {
  const counts = new Map<string, StationCount>()
  for (const entry of batch) {
    const { tenantId, identity, time } = entry
    let count = counts.get(identity)
    if (count === undefined) {
      count = { tenantId, identity, messages: 0, errors: 0, lastAt: new Date(time) }
      counts.set(identity, count)
    }
    count.messages++
    if (isError(entry)) count.errors++
    if (time > count.lastAt.getTime()) count.lastAt = new Date(time)
  }
  // In one order, so that two processes never wait for each other in a circle.
  return [...counts.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1))
}

function countSeconds(batch: StoredMessage[], dropped: Map<string, number>): SecondCount[] {
  const counts = new Map<string, SecondCount>()
  const of = (tenantId: string, at: number) => {
    const second = Math.floor(at / 1000)
    const key = `${tenantId} ${second}`
    let count = counts.get(key)
    if (count === undefined) {
      count = { tenantId, second: new Date(second * 1000), messages: 0, errors: 0, answers: 0, answerMs: 0, dropped: 0 }
      counts.set(key, count)
    }
    return count
  }
  for (const entry of batch) {
    const count = of(entry.tenantId, entry.time)
    count.messages++
    if (isError(entry)) count.errors++
    if (entry.responseMs !== null) {
      count.answers++
      count.answerMs += entry.responseMs
    }
  }
  for (const [tenantId, number] of dropped) of(tenantId, Date.now()).dropped += number
  return [...counts.values()]
}
