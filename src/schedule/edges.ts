import { instantOf, wallClockAt } from './localTime.ts'

/** A charging schedule as the contract has it; times of day are those of its zone. */
export interface Schedule {
  type: 'once' | 'daily' | 'weekly'
  enabled: boolean
  time_slots: TimeSlot[]
  target_soc?: number | null
  effective_from?: string | null
  effective_until?: string | null
}

export type Day = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

export interface TimeSlot {
  day_of_week?: Day[]
  start: string
  end: string
  /** kW */
  power_limit?: number | null
  action: 'charge' | 'discharge' | 'idle'
}

/** What is to be told to the charger at an instant. */
export interface Edge {
  at: Date
  command: 'start_charging' | 'discharge' | 'stop_charging'
  params: Record<string, unknown>
}

const DAY = 24 * 60
/** Day 0 of the wall clock, 1 January 1970, was a Thursday. */
const DAYS: Day[] = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed']

interface Occurrence {
  slot: TimeSlot
  start: number
  end: number
}

/**
 * The next edge of a schedule after an instant: where a slot begins, its action; where it ends and no other runs, stop.
 * Of slots that overlap the one that began last counts, and the one before goes on when that ends.
 *
 * @param since when the schedule was set: a slot of a `once` schedule runs the first time it comes up after that
 */
export function nextEdge(schedule: Schedule, zone: string, since: Date, after: Date): Edge | undefined {
  if (!schedule.enabled) return undefined
  const from = Math.max(Date.parse(schedule.effective_from ?? '') || 0, since.getTime())
  const until = Date.parse(schedule.effective_until ?? '') || Number.POSITIVE_INFINITY
  const runs = schedule.time_slots.flatMap(slot => occurrences(schedule, slot, zone, from, until, after.getTime()))
  const edges = runs
    .flatMap(run => [begin(run, schedule), ...endings(run, runs, schedule)])
    .filter(edge => edge.at.getTime() > after.getTime())
  // At one instant a beginning comes before an ending, which it makes needless.
  edges.sort((a, b) => a.at.getTime() - b.at.getTime() || Number(isEnding(a)) - Number(isEnding(b)))
  return edges[0]
}

/** Whether a slot that makes the charger do something runs at an instant, begun after the schedule was set. */
export function runsAt(schedule: Schedule, zone: string, since: Date, at: Date): boolean {
  if (!schedule.enabled) return false
  const from = Math.max(Date.parse(schedule.effective_from ?? '') || 0, since.getTime())
  const until = Date.parse(schedule.effective_until ?? '') || Number.POSITIVE_INFINITY
  return schedule.time_slots
    .flatMap(slot => occurrences(schedule, slot, zone, from, until, at.getTime()))
    .some(({ slot, start, end }) => slot.action !== 'idle' && start <= at.getTime() && at.getTime() < end)
}

/** What the end of a run is for the charger: nothing where a later one has taken over, else the one before, or a stop. */
function endings(run: Occurrence, runs: Occurrence[], schedule: Schedule): Edge[] {
  const others = runs.filter(({ start, end }) => start < run.end && end > run.end)
  const last = others.reduce<Occurrence | undefined>(
    (latest, other) => (latest === undefined || other.start > latest.start ? other : latest),
    undefined,
  )
  if (last === undefined) return run.slot.action === 'idle' ? [] : [end(run)]
  return last.start > run.start ? [] : [begin({ ...last, start: run.end }, schedule)]
}

/** The runs of a slot that touch the time after an instant, as far ahead as the next one needs. */
function occurrences(
  { type }: Schedule,
  slot: TimeSlot,
  zone: string,
  from: number,
  until: number,
  after: number,
): Occurrence[] {
  const starting = Math.max(from, type === 'once' ? from : after)
  const firstDay = Math.floor(wallClockAt(starting, zone) / DAY) - 1
  const found: Occurrence[] = []
  // A weekly slot comes up within eight days; the day before may reach over midnight.
  for (let day = firstDay; day <= firstDay + 9; day++) {
    if (type === 'weekly' && !slot.day_of_week?.includes(DAYS[((day % 7) + 7) % 7]!)) continue
    const start = instantOf(day * DAY + minutes(slot.start), zone)
    if (start < from || start >= until) continue
    const overnight = minutes(slot.end) <= minutes(slot.start)
    const end = instantOf((overnight ? day + 1 : day) * DAY + minutes(slot.end), zone)
    // A slot within the hour that the clocks skip in spring does not come up that day.
    if (end <= start) continue
    found.push({ slot, start, end: Math.min(end, until) })
    if (type === 'once') break
  }
  return found
}

function minutes(time: string): number {
  const [hours, rest] = time.split(':')
  return Number(hours) * 60 + Number(rest)
}

function begin({ slot, start, end }: Occurrence, { target_soc }: Schedule): Edge {
  const at = new Date(start)
  const power = slot.power_limit ?? undefined
  if (slot.action === 'charge')
    return { at, command: 'start_charging', params: { charge_power: power, target_soc: target_soc ?? undefined } }
  if (slot.action === 'idle') return { at, command: 'stop_charging', params: { reason: 'schedule' } }
  const duration = Math.round((end - start) / 1000)
  return { at, command: 'discharge', params: { discharge_power: power, duration, min_soc: target_soc ?? undefined } }
}

const end = ({ end }: Occurrence): Edge => ({
  at: new Date(end),
  command: 'stop_charging',
  params: { reason: 'schedule_end' },
})

const isEnding = ({ params }: Edge): boolean => params.reason === 'schedule_end'
