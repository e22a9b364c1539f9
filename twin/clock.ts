const DAY = 86_400_000

/**
 * Simulated time. At speed 1 it is the wall clock. Faster, it begins so far back that it meets the wall clock when the
 * run is over, and from then on it is the wall clock.
 */
export class Clock {
  readonly speed: number
  /** Where simulated time meets the wall clock: the end of a run that has one, in milliseconds. */
  readonly end: number
  readonly #wall: () => number

  /**
   * @param speed simulated seconds per second
   * @param duration of the run by the wall clock, in seconds; without one the speed must be 1
   * @param wall the wall clock in milliseconds, for tests
   */
  constructor(speed = 1, duration?: number, wall: () => number = Date.now) {
    if (speed !== 1 && duration === undefined) throw new RangeError('a speed other than 1 needs a duration')
    this.speed = speed
    this.#wall = wall
    this.end = wall() + (duration ?? 0) * 1000
  }

  /** Milliseconds since 1970, in simulated time. */
  now(): number {
    const wall = this.#wall()
    return wall >= this.end ? wall : this.end - (this.end - wall) * this.speed
  }

  /** Waits until a simulated instant. Returns false when the signal ended the wait, true when the instant came. */
  async until(instant: number, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      if (signal.aborted) return false
      const wait = this.#wallAt(instant) - this.#wall()
      if (wait <= 0) return true
      // A timer of Node counts at most 2^31 ms, and the rates of rare faults ask for more.
      await pause(Math.min(Math.ceil(wait), DAY), signal)
    }
  }

  #wallAt(instant: number): number {
    return instant >= this.end ? instant : this.end - (this.end - instant) / this.speed
  }
}

/** Waits by the wall clock, in milliseconds, or until the signal; never throws. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
  })
}
