import { type Told, Window } from '../window.ts'
import { type Reset, resetFrame } from './frame.ts'
import type { Subscriber } from './subscriber.ts'

/** An event, as it is sent and as filters see it. */
export interface Event<Facts> extends Told {
  frame: Buffer
  facts: Facts
}

/** Event stream of one tenant: whoever listens, and what was sent of late. */
export class Topic<Facts> {
  readonly subscribers = new Set<Subscriber<Facts>>()
  /** Since when nobody has been listening. */
  idleSince = Number.POSITIVE_INFINITY
  #window: Window<Event<Facts>>
  #position: string

  /** @param position everything after it will be published */
  constructor(position: string) {
    this.#position = position
    this.#window = new Window(position)
  }

  /** Everything up to it was published before; what comes after it was not. */
  get position(): string {
    return this.#position
  }

  publish(event: Event<Facts>): void {
    this.#position = event.change.position
    this.#window.add(event)
    for (const subscriber of this.subscribers) subscriber.tell(event)
  }

  /** What was published after a position; undefined when some of it is not kept any more. */
  after(position: string, most: number): Event<Facts>[] | undefined {
    return this.#window.after(position, most)
  }

  /** Begins anew at a position, because what was before it may not have been published. */
  restart(position: string, reset: Reset): void {
    this.#position = position
    this.#window = new Window(position)
    const frame = resetFrame(reset, position)
    for (const subscriber of this.subscribers) subscriber.reset(frame, position)
  }
}
