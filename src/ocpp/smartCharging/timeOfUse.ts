import { instantOf, wallClockAt } from '../../schedule/localTime.ts'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Times of day at which less of a site's limit is used. One that ends at or before its start reaches into the next day. */
export interface Window {
  /** `HH:MM` in the site's time zone */
  start: string
  end: string
  /** The days on which it begins; every day without them. */
  days?: (typeof DAYS)[number][]
  /** % of the limit */
  limitPercent: number
}

/** From a price on, in the unit of the market signal, less of the limit is used. */
export interface PriceStep {
  from: number
  /** % of the limit */
  limitPercent: number
}

const DAY = 24 * 60
/** A window may come up once a week. */
const AHEAD = 8

/** How much of the limit the windows leave at an instant, in %; of several in force the lowest. */
export function windowPercent(windows: Window[], zone: string, at: Date): number {
  const inForce = windows.filter(window =>
    runs(window, zone, at).some(({ start, end }) => start <= at.getTime() && at.getTime() < end),
  )
  return Math.min(100, ...inForce.map(({ limitPercent }) => limitPercent))
}

/** The next instant at which a window begins or ends; undefined without windows. */
export function nextWindowEdge(windows: Window[], zone: string, after: Date): Date | undefined {
  const edges = windows
    .flatMap(window => runs(window, zone, after).flatMap(({ start, end }) => [start, end]))
    .filter(edge => edge > after.getTime())
  return edges.length === 0 ? undefined : new Date(Math.min(...edges))
}

/** How much of the limit a price leaves, in %: what the highest step says that it has reached; 100 without a price. */
export function pricePercent(steps: PriceStep[], price: number | undefined): number {
  if (price === undefined) return 100
  const reached = steps.filter(({ from }) => from <= price).sort((a, b) => b.from - a.from)
  return reached[0]?.limitPercent ?? 100
}

/** When a window is in force, from the day before an instant on, in milliseconds. */
function runs({ start, end, days }: Window, zone: string, at: Date): { start: number; end: number }[] {
  const today = Math.floor(wallClockAt(at.getTime(), zone) / DAY)
  const found: { start: number; end: number }[] = []
  for (let day = today - 1; day <= today + AHEAD; day++) {
    // 1970-01-01 was a Thursday.
    if (days !== undefined && !days.includes(DAYS[(day + 3) % 7]!)) continue
    const lastDay = minutes(end) <= minutes(start) ? day + 1 : day
    const run = {
      start: instantOf(day * DAY + minutes(start), zone),
      end: instantOf(lastDay * DAY + minutes(end), zone),
    }
    // One within the hour that the clocks skip in spring does not come up.
    if (run.start < run.end) found.push(run)
  }
  return found
}

function minutes(time: string): number {
  const [hours, rest] = time.split(':')
  return Number(hours) * 60 + Number(rest)
}
