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
/** How long a client may take nothing while too much waits for it, in milliseconds. */
const PATIENCE = 3000

/**
 * One client of an event stream.
 *
 * It is either live, and then gets each event as it comes, or behind, and then takes what it has not had from the topic's
 * window as fast as it reads. So little of what waits for it is held twice, and a burst does no harm. Who leaves more
 * unread than the bound and takes none of it is dropped, and resumes when it comes back.
 */
export class Subscriber<Facts> {
  readonly #options: SubscriberOptions<Facts>
  /** Of the last event that it was sent, or would have been if it wanted it. */
  #position = ''
  #live = false
  /** What it has not been sent of what came while it was behind, in bytes. */
  #unread = 0
  /** When it last took something. */
  #tookAt = performance.now()

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

  /** Sends it an event, unless it had that before or takes it from the window later. */
  tell({ change, facts, frame }: Event<Facts>): void {
    const { response, wants } = this.#options
    if (change.position <= this.#position) return
    if (this.#live && response.writableNeedDrain) void this.#catchUp()
    if (this.#live) {
      this.#position = change.position
      if (wants(facts)) this.#write(frame)
    } else if (wants(facts)) {
      this.#unread += frame.length
      this.#look()
    }
  }

  /** Goes on at a position, because what is before it may be lost. */
  reset(frame: Buffer, position: string): void {
    this.#position = position
    this.#unread = 0
    this.#write(frame)
  }

  beat(): void {
    if (this.#live) this.#write(HEARTBEAT)
    else this.#look()
  }

  end(): void {
    this.#options.response.end()
  }

  async #catchUp(): Promise<void> {
    const { response, topic, wants } = this.#options
    this.#live = false
    while (!response.destroyed && !response.writableEnded) {
      if (response.writableNeedDrain) await drained(response)
      this.#tookAt = performance.now()
      const missed = topic.after(this.#position, PAGE)
      if (missed === undefined) return this.#drop()
      for (const { change, facts, frame } of missed) {
        this.#position = change.position
        if (!wants(facts)) continue
        this.#unread = Math.max(0, this.#unread - frame.length)
        this.#write(frame)
        if (response.writableNeedDrain) break
      }
      if (missed.length === 0) {
        this.#unread = 0
        this.#live = true
        return
      }
    }
  }

  #write(frame: Buffer): void {
    const { response } = this.#options
    if (!response.destroyed && !response.writableEnded) response.write(frame)
  }

  /** Whether it still reads. */
  #look(): void {
    const { response, bufferBytes } = this.#options
    if (response.writableLength + this.#unread <= bufferBytes) return
    if (performance.now() - this.#tookAt > PATIENCE) this.#drop()
  }

  #drop(): void {
    const { response, onDrop } = this.#options
    if (response.destroyed) return
    onDrop()
    response.destroy()
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
