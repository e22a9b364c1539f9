import type { Role } from '../auth/roleTokens.ts'

/** A limit of `count` requests in `seconds`, with bursts up to `count`. */
export interface RateLimit {
  count: number
  seconds: number
}

/**
 * The classes that `x-rate-limit` names in the contracts, with the limits that the published v1.3 states. `wrongSecret` is
 * ours: guesses at the secrets of one service account, and guesses from one address.
 */
export const RATE_LIMITS = {
  token: { count: 10, seconds: 60 },
  wrongSecret: { count: 10, seconds: 60 },
  device: { count: 10, seconds: 1 },
  deviceCall: { count: 60, seconds: 60 },
  operatorQuery: { count: 60, seconds: 60 },
  batchControl: { count: 30, seconds: 60 },
} satisfies Record<string, RateLimit>

export type RateClass = keyof typeof RATE_LIMITS

/** A lasting rate, and how many requests may come at once after a rest. */
export interface Tier {
  perMinute: number
  burst: number
}

/** What each role of the flux contract may do, as its document states, and an address whose key is not valid. */
export const TIERS: Record<Role | 'invalid', Tier> = {
  anon: { perMinute: 60, burst: 100 },
  authenticated: { perMinute: 300, burst: 500 },
  service_role: { perMinute: 1000, burst: 2000 },
  invalid: { perMinute: 60, burst: 60 },
}
