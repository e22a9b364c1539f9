import { pause } from './clock.ts'

/** Keeps a caller under a rate limit: each turn waits until the limit surely allows it, in the order of asking. */
export class Pacer {
  readonly #spacing: number
  readonly #burst: number
  #next = Number.NEGATIVE_INFINITY

  /**
   * @param perSecond turns per second in the long run
   * @param burst turns that may come at once after a rest
   */
  constructor(perSecond: number, burst: number) {
    this.#spacing = 1000 / perSecond
    this.#burst = burst
  }

  /** Waits for a turn, at most until the signal. */
  async turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const now = performance.now()
    const slot = Math.max(this.#next, now - (this.#burst - 1) * this.#spacing)
    this.#next = slot + this.#spacing
    if (slot > now) await pause(slot - now, signal)
  }

  /** Nobody's turn comes before this many milliseconds are over: the server asked for it. */
  rest(milliseconds: number): void {
    this.#next = Math.max(this.#next, performance.now() + milliseconds)
  }
}
