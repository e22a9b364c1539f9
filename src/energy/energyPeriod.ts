import { invalid } from '../errors.ts'
import { isTimeZone } from '../formats.ts'
import { periodOf } from '../period.ts'

export type Granularity = 'hour' | 'day' | 'month'

/** What a caller asks of aggregated energy; everything may be left out. */
export interface EnergyQuery {
  granularity?: Granularity
  start_time?: string
  end_time?: string
  tz?: string
}

/** The time that is summed, end excluded, and how it is cut into buckets. */
export interface EnergyPeriod {
  granularity: Granularity
  start: string
  end: string
  timeZone: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const SHORTEST: Record<Granularity, number> = { hour: HOUR, day: DAY, month: 28 * DAY }
const MOST_BUCKETS = 10_000

/**
 * The last 24 hours unless the query says otherwise.
 *
 * @throws invalid for an unknown zone, for a period without a length and for one of too many buckets
 */
export function energyPeriod(query: EnergyQuery, now: Date): EnergyPeriod {
  const { granularity = 'hour', tz = 'UTC' } = query
  if (!isTimeZone(tz)) throw invalid('tz', 'tz is not an IANA time zone')
  const { start, end } = periodOf(query, now)
  if (end.getTime() - start.getTime() > MOST_BUCKETS * SHORTEST[granularity]) {
    throw invalid(
      'start_time',
      `the period has more than 10,000 ${granularity}s; shorten it or ask for a coarser granularity`,
    )
  }
  return { granularity, start: start.toISOString(), end: end.toISOString(), timeZone: tz }
}
