import { setMaxListeners } from 'node:events'

/** When nothing more is acknowledged for so long at the end, the rest is given up, in milliseconds. */
const LAST_PATIENCE = 30_000

export interface StopSignals {
  /** Ends the run in order: sessions end, everything is delivered. */
  signal?: AbortSignal
  /** Ends the run at once. */
  abort?: AbortSignal
}

/** The two ways in which a run ends: in order, or at once. */
export class Stops {
  readonly #closing = new AbortController()
  readonly #abort = new AbortController()
  readonly #signals: StopSignals
  #running = false
  #waiting = 0
  #movedAt = 0

  constructor(signals: StopSignals) {
    this.#signals = signals
    // Every charger listens to both.
    setMaxListeners(0, this.closing, this.abort)
    signals.signal?.addEventListener('abort', this.close)
    signals.abort?.addEventListener('abort', this.#giveUp)
    if (signals.signal?.aborted) this.close()
    if (signals.abort?.aborted) this.#giveUp()
  }

  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get abort(): AbortSignal {
    return this.#abort.signal
  }

  /** From now on there are sessions to be ended in order. */
  begin(): void {
    this.#running = true
  }

  close = (): void => {
    this.#movedAt = performance.now()
    this.#closing.abort()
    if (!this.#running) this.#abort.abort()
  }

  /**
   * At the end, gives the rest up when nothing more gets through.
   *
   * @param waiting how many messages are not acknowledged
   */
  watch(waiting: number): void {
    if (!this.closing.aborted) return
    if (waiting !== this.#waiting) this.#movedAt = performance.now()
    this.#waiting = waiting
    if (performance.now() - this.#movedAt > LAST_PATIENCE) this.#giveUp()
  }

  end(): void {
    this.#giveUp()
    this.#signals.signal?.removeEventListener('abort', this.close)
    this.#signals.abort?.removeEventListener('abort', this.#giveUp)
  }

  #giveUp = (): void => {
    this.#closing.abort()
    this.#abort.abort()
  }
}
