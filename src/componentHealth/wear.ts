import type { ComponentHealth, Report } from './componentHealth.ts'
import { shown } from './shown.ts'
import type { Thresholds } from './thresholds.ts'

const DAY = 86_400_000
/** With less history, one busy day would say too much; in days. */
const ENOUGH = 7

export interface RemainingLife {
  component: 'contactor' | 'bidirectional_inverter' | 'discharge_contactor'
  /** Null where nobody can tell. */
  days: number | null
  cycles_per_day: number | null
  reason: string
}

export interface Trend {
  kohms_per_day: number | null
  days_to_fault: number | null
  reason: string
}

type Counter = 'contactor_cycles' | 'bidirectional_inverter_cycles' | 'discharge_contactor_cycles'

/**
 * The days that remain to each part that wears out, at the rate at which it was used.
 *
 * @param history one report of each day, oldest first, the newest report last
 */
export function remainingLife(history: Report[]): RemainingLife[] {
  const { component_health: health } = history.at(-1)!
  const parts: [RemainingLife['component'], Counter, number | undefined][] = [
    ['contactor', 'contactor_cycles', health.contactor_max_cycles],
    ['bidirectional_inverter', 'bidirectional_inverter_cycles', health.bidirectional_inverter_max_cycles],
    ['discharge_contactor', 'discharge_contactor_cycles', health.contactor_max_cycles],
  ]
  return parts
    .filter(([, counter, most]) => health[counter] !== undefined && most !== undefined)
    .map(([component, counter, most]) => ({ component, ...lifeOf(counter, most!, history) }))
}

function lifeOf(counter: Counter, most: number, history: Report[]): Omit<RemainingLife, 'component'> {
  const since = sinceReset(counter, history)
  const [first, last] = [since[0]!, since.at(-1)!]
  const span = (last.at - first.at) / DAY
  if (span < ENOUGH)
    return { days: null, cycles_per_day: null, reason: `${days(span)} of history are too little, ${ENOUGH} are needed` }
  const cycles = last.cycles - first.cycles
  if (cycles === 0) return { days: null, cycles_per_day: 0, reason: `it was not used in ${days(span)}` }
  const perDay = cycles / span
  return {
    days: shown(Math.max(0, most - last.cycles) / perDay),
    cycles_per_day: shown(perDay),
    reason: `${cycles} cycles in ${days(span)}`,
  }
}

/** A counter that falls was set back, because the part was replaced: what was before says nothing about the new one. */
function sinceReset(counter: Counter, history: Report[]): { at: number; cycles: number }[] {
  const kept: { at: number; cycles: number }[] = []
  for (const { timestamp, component_health } of history.toReversed()) {
    const cycles = component_health[counter]
    if (cycles === undefined || (kept.length > 0 && cycles > kept[0]!.cycles)) break
    kept.unshift({ at: Date.parse(timestamp), cycles })
  }
  return kept
}

/** The straight line of least squares through the isolation of each day. */
export function isolationTrend(history: Report[], { isolation_fault_kohms: least }: Thresholds): Trend {
  const points = history.map(({ timestamp, component_health }) => ({
    day: Date.parse(timestamp) / DAY,
    kohms: component_health.isolation_test_kohms,
  }))
  const span = points.at(-1)!.day - points[0]!.day
  if (span < ENOUGH)
    return {
      kohms_per_day: null,
      days_to_fault: null,
      reason: `${days(span)} of history are too little, ${ENOUGH} are needed`,
    }
  const slope = slopeOf(points)
  const { isolation_test_kohms: now }: ComponentHealth = history.at(-1)!.component_health
  const falls = slope < 0 && now >= least
  return {
    kohms_per_day: shown(slope),
    days_to_fault: falls ? shown((now - least) / -slope) : null,
    reason: `a straight line through ${days(span)}`,
  }
}

function slopeOf(points: { day: number; kohms: number }[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const day = mean(points.map(point => point.day))
  const kohms = mean(points.map(point => point.kohms))
  const spread = points.reduce((sum, point) => sum + (point.day - day) ** 2, 0)
  return points.reduce((sum, point) => sum + (point.day - day) * (point.kohms - kohms), 0) / spread
}

const days = (value: number) => `${shown(value)} days`
