import { IANAZone } from 'luxon'
import type { Day, TimeSlot } from '../../schedule/edges.ts'
import { instantOf, offsetAt, wallClockAt } from '../../schedule/localTime.ts'
import { ownId, type Period, type Profile } from './profiles.ts'
import { type Subject, textOf } from './translation.ts'

const MINUTE = 60_000
const DAY = 24 * 60
const WEEK = 7 * DAY
const DAYS: Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
/** Day 0 of the wall clock, 1 January 1970, was a Thursday. */
const FIRST_MONDAY = 4 * DAY
const TIME = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/
const ACTIONS = ['charge', 'discharge', 'idle']
/** kW where nothing limits and the model is not known: the most that the contract takes. */
const UNLIMITED = 5000

/** The slots in the parameters of a set_schedule, which hold what the console's schedule does; undefined for anything else. */
export function readSlots(params: Record<string, unknown>): TimeSlot[] | undefined {
  const { time_slots: slots, timezone: zone = 'UTC' } = params
  if (typeof zone !== 'string' || !IANAZone.isValidZone(zone)) return undefined
  if ([params.effective_from, params.effective_until].some(time => time != null && instant(time) === undefined))
    return undefined
  return Array.isArray(slots) && slots.length > 0 && slots.every(isSlot) ? slots : undefined
}

function instant(time: unknown): Date | undefined {
  const at = new Date(typeof time === 'string' ? time : Number.NaN)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** When a schedule ends; undefined when it does not. */
export const endOf = ({ effective_until }: Record<string, unknown>): Date | undefined => instant(effective_until)

function isSlot(value: unknown): value is TimeSlot {
  const { start, end, action, power_limit: kw, day_of_week: days } = Object(value)
  return (
    TIME.test(start) &&
    TIME.test(end) &&
    ACTIONS.includes(action) &&
    (kw == null || typeof kw === 'number') &&
    (days === undefined || (Array.isArray(days) && days.every(day => DAYS.includes(day))))
  )
}

interface Run {
  slot: TimeSlot
  /** In minutes from the beginning of the day or week. */
  from: number
  minutes: number
}

/**
 * One profile for all slots, between which nothing limits. Of slots that overlap the one that began last counts. Stations
 * count days of 24 hours, so one that repeats keeps the zone's clock as it is now, and is set again when that changes; one
 * that does not repeat follows the clock.
 */
export function profileOfSchedule(
  { params, connectorId, now, ratingKw }: Pick<Subject, 'params' | 'connectorId' | 'now' | 'ratingKw'>,
  slots: TimeSlot[],
): Profile {
  const isWeekly = slots.some(({ day_of_week }) => day_of_week !== undefined)
  const length = isWeekly ? WEEK : DAY
  const zone = textOf(params, 'timezone') ?? 'UTC'
  const reading = wallClockAt(now.getTime(), zone)
  const beginning = reading - (isWeekly ? (reading - FIRST_MONDAY) % WEEK : reading % DAY)
  const isOnce = params.type === 'once'
  const startsAt = isOnce ? instantOf(beginning, zone) : beginning * MINUTE - offsetAt(now.getTime(), zone)
  /** Seconds from the start to a minute of the day or week. */
  const after = (mark: number) => (isOnce ? (instantOf(beginning + mark, zone) - startsAt) / 1000 : mark * 60)
  const runs = slots.flatMap(slot => runsOf(slot, isWeekly))
  const marks = runs.flatMap(({ from, minutes }) => [from, (from + minutes) % length])
  const periods: Period[] = []
  for (const mark of [...new Set([0, ...marks])].sort((a, b) => a - b)) {
    const kw = powerAt(runs, mark, length) ?? ratingKw ?? UNLIMITED
    if (periods.at(-1)?.kw !== kw) periods.push({ start: after(mark), kw })
  }
  const [validFrom, validTo] = [instant(params.effective_from), endOf(params)]
  return {
    id: ownId('schedule', connectorId),
    purpose: 'TxDefaultProfile',
    startsAt: new Date(startsAt),
    ...(isOnce ? { kind: 'Absolute', duration: after(length) } : { kind: isWeekly ? 'Weekly' : 'Daily' }),
    periods,
    ...(validFrom && { validFrom }),
    ...(validTo && { validTo }),
  }
}

function runsOf(slot: TimeSlot, isWeekly: boolean): Run[] {
  const start = minutesOf(slot.start)
  const minutes = (minutesOf(slot.end) - start + DAY) % DAY || DAY
  const days = isWeekly ? (slot.day_of_week ?? DAYS).map(day => DAYS.indexOf(day)) : [0]
  return days.map(day => ({ slot, from: day * DAY + start, minutes }))
}

/** kW; undefined where no slot runs or the one that does has no limit. */
function powerAt(runs: Run[], mark: number, length: number): number | undefined {
  const since = ({ from }: Run) => (mark - from + length) % length
  const [latest] = runs.filter(run => since(run) < run.minutes).sort((a, b) => since(a) - since(b))
  if (latest === undefined) return undefined
  const { action, power_limit: kw } = latest.slot
  if (action === 'idle') return 0
  return action === 'charge' ? (kw ?? undefined) : -(kw ?? 0)
}

function minutesOf(time: string): number {
  const [hours, rest] = time.split(':')
  return Number(hours) * 60 + Number(rest)
}
