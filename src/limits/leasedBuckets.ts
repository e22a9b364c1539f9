import { ApiError } from '../errors.ts'
import type { Lease } from '../store/rateBuckets.ts'
import type { Tier } from './rates.ts'

/** Leases tokens of a shared bucket: the store's `lease`. */
export type Lessor = (key: string, wanted: { burst: number; perSecond: number; wanted: number }) => Promise<Lease>

interface Held {
  tokens: number
  /** What was left in the shared bucket at the last lease. */
  elsewhere: number
  /** When what is held lapses, in milliseconds. */
  lapsesAt: number
  leasing: Promise<void> | undefined
  /** Until then the database need not be asked, because it has said no; in milliseconds. */
  emptyUntil: number
}

/** The share of a burst that a process leases at a time: five processes that each hold a lease exceed a tier by a tenth. */
const SHARE = 0.02
/** A lease that is not used up by then lapses, so that rests of it do not add up; in milliseconds. */
const LAPSE = 10_000

/**
 * Token buckets that all processes share through the database. Each process leases tokens in blocks and counts them
 * down by itself, so most requests ask nobody.
 */
export class LeasedBuckets {
  readonly #lease: Lessor
  readonly #held = new Map<string, Held>()
  #sweepAt = 1024

  constructor(lease: Lessor) {
    this.#lease = lease
  }

  /**
   * Takes a token.
   *
   * @returns the headers that tell the caller how it stands
   * @throws tooMany with the same headers and Retry-After when there is none
   */
  async take(key: string, tier: Tier, now = Date.now()): Promise<Record<string, string>> {
    const held = this.#of(key, now)
    if (held.lapsesAt <= now) held.tokens = 0
    while (held.tokens < 1) {
      if (held.emptyUntil > now) throw tooMany(held, tier, now)
      held.leasing ??= this.#refill(key, held, tier, now).finally(() => {
        held.leasing = undefined
      })
      await held.leasing
    }
    held.tokens -= 1
    return headers(held, tier, now)
  }

  async #refill(key: string, held: Held, { perMinute, burst }: Tier, now: number): Promise<void> {
    const wanted = Math.max(1, Math.floor(burst * SHARE))
    const { granted, remaining } = await this.#lease(key, { burst, perSecond: perMinute / 60, wanted })
    held.tokens = granted
    held.elsewhere = remaining
    if (granted < 1) held.emptyUntil = now + ((1 - remaining) / perMinute) * 60_000
    held.lapsesAt = now + LAPSE
  }

  #of(key: string, now: number): Held {
    let held = this.#held.get(key)
    if (held === undefined) {
      if (this.#held.size >= this.#sweepAt) this.#sweep(now)
      held = { tokens: 0, elsewhere: 0, emptyUntil: 0, lapsesAt: 0, leasing: undefined }
      this.#held.set(key, held)
    }
    return held
  }

  #sweep(now: number): void {
    for (const [key, { lapsesAt, leasing }] of this.#held)
      if (lapsesAt <= now && leasing === undefined) this.#held.delete(key)
    this.#sweepAt = Math.max(1024, this.#held.size * 2)
  }
}

/** The limit is the lasting rate, so no more than that is called remaining although a rested bucket holds a burst. */
function headers({ tokens, elsewhere }: Held, { perMinute, burst }: Tier, now: number): Record<string, string> {
  const left = tokens + elsewhere
  return {
    'X-RateLimit-Limit': String(Math.floor(perMinute)),
    'X-RateLimit-Remaining': String(Math.max(0, Math.floor(Math.min(left, perMinute)))),
    // When the bucket will be full again, in seconds since 1970.
    'X-RateLimit-Reset': String(Math.ceil(now / 1000 + (burst - left) / (perMinute / 60))),
  }
}

function tooMany(held: Held, tier: Tier, now: number): ApiError {
  const seconds = Math.max(1, Math.ceil((1 - held.elsewhere) / (tier.perMinute / 60)))
  return new ApiError('tooMany', `too many requests, try again in ${seconds} s`, {
    headers: { ...headers(held, tier, now), 'Retry-After': String(seconds) },
  })
}
