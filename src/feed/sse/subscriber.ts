import type { ServerResponse } from 'node:http'
import { greeting, HEARTBEAT, type Reset, resetFrame } from './frame.ts'
import type { Event, Topic } from './topic.ts'

/** Where a client begins: with what comes, after an event that it had, or with what comes because that is not known. */
export type Start = { at: 'event'; id: string } | { at: 'now'; reset?: Reset }

export interface SubscriberOptions<Facts> {
  response: ServerResponse
  topic: Topic<Facts>
  wants(facts: Facts): boolean
  /** What may wait for the client, in bytes. */
  bufferBytes: number
  /** Called when the client was dropped because it reads too slowly. */
  onDrop(): void
}

/** How many events are read from the window at a time. */
const PAGE = 100

/**
 * One client of an event stream.
 *
 * It is either behind, and then takes what it missed from the topic's window as fast as it reads, or live, and then gets
 * each event as it comes. What waits for it is bounded either way; when it exceeds that, the client is dropped, and
 * resumes when it comes back.
 */
export class Subscriber<Facts> {
  readonly #options: SubscriberOptions<Facts>
  /** Of the last event that it was told, or would have been if it wanted it. */
  #position = ''
  #live = false

  constructor(options: SubscriberOptions<Facts>) {
    this.#options = options
  }

  /** Greets the client and sends what it missed. Resolves when the connection has closed. */
  async begin(start: Start): Promise<void> {
    const { response, topic } = this.#options
    const closed = new Promise<void>(resolve => response.once('close', () => resolve()))
    const isKept = start.at === 'event' && topic.after(start.id, 1) !== undefined
    const reset = start.at === 'now' ? start.reset : isKept ? undefined : EXPIRED
    this.#position = isKept ? start.id : topic.position
    this.#write(greeting(this.#position))
    if (reset !== undefined) this.#write(resetFrame(reset, this.#position))
    await Promise.race([this.#catchUp(), closed])
    await closed
  }

  /** Hands it an event, unless it had that before or takes it from the window later. */
  tell(event: Event<Facts>): void {
    if (!this.#live || event.change.position <= this.#position) return
    this.#position = event.change.position
    if (this.#options.wants(event.facts)) this.#write(event.frame)
  }

  /** Goes on at a position, because what is before it may be lost. */
  reset(frame: Buffer, position: string): void {
    this.#position = position
    this.#write(frame)
  }

  beat(): void {
    this.#write(HEARTBEAT)
  }

  end(): void {
    this.#options.response.end()
  }

  async #catchUp(): Promise<void> {
    const { response, topic, wants } = this.#options
    while (!response.destroyed) {
      const missed = topic.after(this.#position, PAGE)
      if (missed === undefined) return this.#drop()
      if (missed.length === 0) {
        this.#live = true
        return
      }
      for (const { change, facts, frame } of missed) {
        // The topic began anew meanwhile, and the client was told so.
        if (change.position <= this.#position) break
        this.#position = change.position
        if (wants(facts)) this.#write(frame)
        if (response.writableNeedDrain) await drained(response)
      }
    }
  }

  #write(frame: Buffer): void {
    const { response, bufferBytes } = this.#options
    if (response.destroyed || response.writableEnded) return
    if (response.writableLength > bufferBytes) this.#drop()
    else response.write(frame)
  }

  #drop(): void {
    this.#options.onDrop()
    this.#options.response.destroy()
  }
}

const EXPIRED: Reset = { reason: 'expired' }

/** Resolves when the client has read what waits for it, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}
