import { ApiError } from '../errors.ts'
import type { RateLimit } from './rates.ts'
import { TokenBuckets } from './tokenBucket.ts'

const NAME = 'wrongSecret'

/**
 * Slows those who guess secrets. Every attempt takes a token from each of its keys and gets it back when the secret was
 * right, so who knows it is never slowed by using it often, and guesses that come all at once are counted too.
 */
export class GuessLimiter {
  readonly #limit: RateLimit
  readonly #buckets = new TokenBuckets()

  constructor(limit: RateLimit) {
    this.#limit = limit
  }

  /**
   * @param keys whose secret is guessed, and where from
   * @throws tooMany before the attempt when one of the keys has had too many wrong ones; whatever the attempt throws
   */
  async attempt<Proven>(keys: string[], prove: () => Promise<Proven>, now = performance.now()): Promise<Proven> {
    const taken = this.#take(keys, now)
    try {
      const proven = await prove()
      this.#give(taken)
      return proven
    } catch (error) {
      // Only a wrong secret is a guess; a database that is away is nobody's fault.
      if (!(error instanceof ApiError) || error.kind !== 'unauthorized') this.#give(taken)
      throw error
    }
  }

  /**
   * The same for those who come many at once with good secrets, such as all chargers behind one address after a power
   * cut: only a wrong one takes a token. What is found out while the others run out of them is not told.
   *
   * @throws tooMany, also instead of what the attempt found, when one of the keys has had too many wrong ones
   */
  async attemptTogether<Proven>(
    keys: string[],
    prove: () => Promise<Proven>,
    clock = () => performance.now(),
  ): Promise<Proven> {
    this.#give(this.#take(keys, clock()))
    try {
      const proven = await prove()
      this.#give(this.#take(keys, clock()))
      return proven
    } catch (error) {
      if (error instanceof ApiError && error.kind === 'unauthorized') this.#take(keys, clock())
      throw error
    }
  }

  #take(keys: string[], now: number): string[] {
    const taken: string[] = []
    for (const key of keys) {
      const wait = this.#buckets.take(NAME, this.#limit, key, now)
      if (wait > 0) {
        this.#give(taken)
        throw tooMany(Math.max(1, Math.ceil(wait - 1e-6)))
      }
      taken.push(key)
    }
    return taken
  }

  #give(keys: string[]): void {
    for (const key of keys) this.#buckets.give(NAME, this.#limit, key)
  }
}

const tooMany = (seconds: number) =>
  new ApiError('tooMany', `too many wrong secrets, try again in ${seconds} s`, {
    headers: { 'Retry-After': String(seconds) },
  })
