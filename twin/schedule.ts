/** A stretch of local time in a schedule that was sent to the charger itself. */
export interface Slot {
  /** `mon` to `sun`; every day when absent. */
  day_of_week?: string[]
  /** `HH:MM` */
  start: string
  /** `HH:MM`; at or before start it is on the next day. */
  end: string
  action: string
  /** kW */
  power_limit?: number | null
}

export interface LocalSchedule {
  slots: Slot[]
  zone: string
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const TIME = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/

/**
 * Reads the parameters of a set_schedule command, whose members the contract leaves open; this charger knows those of
 * the console's schedule.
 *
 * @throws RangeError with the reason when they cannot be used
 */
export function readSchedule(params: Record<string, unknown>): LocalSchedule {
  const { time_slots: slots, timezone: zone = 'UTC' } = params
  if (!Array.isArray(slots)) throw new RangeError('time_slots is missing')
  for (const slot of slots) {
    if (!TIME.test(slot?.start) || !TIME.test(slot?.end))
      throw new RangeError('a time slot has no usable start and end')
  }
  new Intl.DateTimeFormat('en', { timeZone: String(zone) })
  return { slots, zone: String(zone) }
}

/** The ceiling in kW that the schedule sets for charging at an instant in milliseconds; infinite between its slots. */
export function scheduledLimit({ slots, zone }: LocalSchedule, instant: number): number {
  const { day, minute } = localTime(instant, zone)
  const slot = slots.find(each => isIn(each, day, minute))
  if (slot === undefined) return Number.POSITIVE_INFINITY
  return slot.action === 'charge' ? (slot.power_limit ?? Number.POSITIVE_INFINITY) : 0
}

function isIn({ day_of_week: days, start, end }: Slot, day: number, minute: number): boolean {
  const from = minutes(start)
  const to = minutes(end)
  const onDay = (index: number) => days === undefined || days.includes(DAYS[(index + 7) % 7]!)
  if (from < to) return onDay(day) && minute >= from && minute < to
  return (onDay(day) && minute >= from) || (onDay(day - 1) && minute < to)
}

function minutes(time: string): number {
  const [hours, rest] = time.split(':').map(Number)
  return hours! * 60 + rest!
}

const formats = new Map<string, Intl.DateTimeFormat>()

function localTime(instant: number, zone: string): { day: number; minute: number } {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(zone, format)
  }
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]))
  return { day: DAYS.indexOf(part.weekday!.toLowerCase()), minute: Number(part.hour) * 60 + Number(part.minute) }
}
