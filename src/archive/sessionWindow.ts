import { invalid } from '../errors.ts'

/** A time from its first to its last instant, both included. */
export interface Window {
  first: Date
  last: Date
}

/**
 * The part of a session that a query means. One that lies outside of the session has its last instant before its first,
 * and so no sample.
 *
 * @throws invalid when `from` is after `to`
 */
export function windowOf(
  session: { start_time: string; end_time: string },
  { from, to }: { from?: string; to?: string },
): Window {
  if (from !== undefined && to !== undefined && new Date(from) > new Date(to))
    throw invalid('to', 'to must not be before from')
  const [start, end] = [new Date(session.start_time), new Date(session.end_time)]
  return {
    first: from === undefined || new Date(from) < start ? start : new Date(from),
    last: to === undefined || new Date(to) > end ? end : new Date(to),
  }
}
