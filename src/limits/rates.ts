/** A limit of `count` requests in `seconds`, with bursts up to `count`. */
export interface RateLimit {
  count: number
  seconds: number
}

/** The classes that `x-rate-limit` names in the contracts, with the limits that the published v1.3 states. */
export const RATE_LIMITS = {
  token: { count: 10, seconds: 60 },
  device: { count: 10, seconds: 1 },
  deviceCall: { count: 60, seconds: 60 },
  operatorQuery: { count: 60, seconds: 60 },
  batchControl: { count: 30, seconds: 60 },
} satisfies Record<string, RateLimit>

export type RateClass = keyof typeof RATE_LIMITS
