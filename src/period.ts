import { invalid } from './errors.ts'

const DAY = 86_400_000

/**
 * The time that a query means, end excluded: the last 24 hours unless it says otherwise. A start alone lasts until `now`,
 * an end alone ends 24 hours.
 *
 * @throws invalid for a period without a length
 */
export function periodOf(query: { start_time?: string; end_time?: string }, now: Date): { start: Date; end: Date } {
  const end = new Date(query.end_time ?? now)
  const start = new Date(query.start_time ?? end.getTime() - DAY)
  if (start >= end) throw invalid('start_time', 'start_time must be before end_time')
  return { start, end }
}
