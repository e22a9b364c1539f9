import { IANAZone } from 'luxon'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** A wall clock reading: minutes since 1970-01-01T00:00, as if the wall clock ran in UTC. */
export type WallClock = number

/**
 * The instant at which a zone's wall clock shows the reading. Of a reading that comes twice, the first; one that is
 * skipped happens when the clock jumps over it.
 */
export function instantOf(reading: WallClock, zone: string): number {
  const naive = reading * MINUTE
  const offsets = [naive - DAY, naive + DAY].map(near => offsetAt(near, zone))
  const [first] = offsets
    .map(offset => naive - offset)
    .filter(instant => wallClockAt(instant, zone) === reading)
    .sort((a, b) => a - b)
  return first ?? jumpBetween(naive - Math.max(...offsets), naive - Math.min(...offsets), zone)
}

/** What the wall clock shows at an instant, cut to the minute. */
export function wallClockAt(instant: number, zone: string): WallClock {
  return Math.floor((instant + offsetAt(instant, zone)) / MINUTE)
}

/** Milliseconds that the zone's clock is ahead of UTC. */
export const offsetAt = (instant: number, zone: string): number =>
  // The library keeps each spelling of a name for ever.
  IANAZone.create(zone.toLowerCase()).offset(instant) * MINUTE

/** The minute in which the offset changes between two instants. */
function jumpBetween(before: number, after: number, zone: string): number {
  let low = before
  let high = after
  const old = offsetAt(low, zone)
  while (high - low > MINUTE) {
    const middle = low + Math.floor((high - low) / MINUTE / 2) * MINUTE
    if (offsetAt(middle, zone) === old) low = middle
    else high = middle
  }
  return high
}
