import type { RateLimit } from './rates.ts'

interface Bucket {
  tokens: number
  /** When `tokens` was true, in milliseconds. */
  at: number
  /** When it will have filled up again, in milliseconds. */
  fullAt: number
}

/**
 * Token buckets of this process, one per class and key. A bucket that has filled up again is the same as none, so the
 * map is swept of full ones whenever it has doubled and stays as small as the set of active callers.
 */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>()
  #sweepAt = 1024

  /** Takes one token. Returns 0, or the seconds after which one will be there. */
  take(limitName: string, limit: RateLimit, key: string, now: number): number {
    const id = `${limitName} ${key}`
    const perMillisecond = limit.count / (limit.seconds * 1000)
    let bucket = this.#buckets.get(id)
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(now)
      bucket = { tokens: limit.count, at: now, fullAt: now }
      this.#buckets.set(id, bucket)
    } else {
      bucket.tokens = Math.min(limit.count, bucket.tokens + Math.max(0, now - bucket.at) * perMillisecond)
      bucket.at = now
    }
    if (bucket.tokens < 1) return (1 - bucket.tokens) / perMillisecond / 1000
    bucket.tokens -= 1
    bucket.fullAt = now + (limit.count - bucket.tokens) / perMillisecond
    return 0
  }

  /** Gives a token back that was taken. */
  give(limitName: string, limit: RateLimit, key: string): void {
    const bucket = this.#buckets.get(`${limitName} ${key}`)
    if (bucket === undefined) return
    bucket.tokens = Math.min(limit.count, bucket.tokens + 1)
    bucket.fullAt = bucket.at + ((limit.count - bucket.tokens) * limit.seconds * 1000) / limit.count
  }

  #sweep(now: number): void {
    for (const [id, { fullAt }] of this.#buckets) if (fullAt <= now) this.#buckets.delete(id)
    this.#sweepAt = Math.max(1024, this.#buckets.size * 2)
  }
}
