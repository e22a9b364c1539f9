import { readBasic } from '../auth/clientCredentials.ts'
import { ApiError } from '../errors.ts'
import type { RateClass, RateLimit } from './rates.ts'
import { TokenBuckets } from './tokenBucket.ts'

/** The limits that `x-rate-limit` names, per caller. */
export class RequestLimiter {
  readonly #limits: Record<RateClass, RateLimit>
  readonly #buckets = new TokenBuckets()

  constructor(limits: Record<RateClass, RateLimit>) {
    this.#limits = limits
  }

  /**
   * Counts a request.
   *
   * @param limitName a class, or a word that names none, which has no limit
   * @throws tooMany when its caller has made too many
   */
  count(limitName: string, caller: string): void {
    const limit = this.#limits[limitName as RateClass]
    if (limit === undefined) return
    const wait = this.#buckets.take(limitName, limit, caller, performance.now())
    if (wait === 0) return
    // Not a second more for an error of the last digit.
    const seconds = Math.max(1, Math.ceil(wait - 1e-6))
    throw new ApiError('tooMany', `too many requests, try again in ${seconds} s`, {
      details: { retry_after_seconds: seconds },
      headers: { 'Retry-After': String(seconds) },
    })
  }
}

/**
 * Who a caller without a credential is counted as: its address and whom it claims to be, so that none can use up
 * another's allowance.
 */
export function strangerName(address: string, body: unknown, authorization: string | undefined): string {
  const { device_id, client_id, service_account_id, sn, site_id } = (body ?? {}) as Record<string, unknown>
  const basic = readBasic(authorization)?.clientId
  return `${address} ${basic ?? device_id ?? client_id ?? service_account_id ?? sn ?? site_id ?? ''}`
}
