/** A charging profile in the words that both versions share. Times in milliseconds, limits in watts. */
export interface Profile {
  id: number
  /** 0 for the whole station. */
  connectorId: number
  purpose: 'StationMax' | 'TxDefault' | 'Tx'
  stackLevel: number
  kind: 'Absolute' | 'Recurring' | 'Relative'
  recurrency?: 'Daily' | 'Weekly'
  /** Of the transaction that it is for. */
  transaction?: string
  validFrom: number
  validTo: number
  /** Undefined when the schedule begins when it is used. */
  startsAt?: number
  /** Seconds; infinite when the last period stays. */
  duration: number
  periods: Period[]
  installedAt: number
}

export interface Period {
  /** Seconds after the start of the schedule. */
  start: number
  watts: number
}

/** The transaction on a connector, as far as profiles ask for it. */
export interface Running {
  transaction: string
  startedAt: number
}

export interface CompositePeriod {
  /** Seconds after the start of the schedule. */
  start: number
  /** Infinite where nothing limits. */
  watts: number
}

const SECOND = 1000
const LENGTHS = { Daily: 86_400_000, Weekly: 604_800_000 }
const VOLTS = 230

/** Watts of a limit in the unit of its schedule. */
export const wattsOf = (limit: number, unit: 'A' | 'W', phases = 3): number =>
  unit === 'W' ? limit : limit * VOLTS * phases

/** A limit of so many watts in the unit that is asked for. */
export const inUnit = (watts: number, unit: 'A' | 'W', phases = 3): number =>
  Math.round((unit === 'W' ? watts : watts / (VOLTS * phases)) * 10) / 10

/** The profiles that a central system has given a station: by purpose, the highest level that says something counts. */
export class Profiles {
  #profiles: Profile[] = []

  /** Takes a profile, in place of the one with its id, or of its purpose, level and connector. */
  set(profile: Profile): void {
    this.#profiles = this.#profiles.filter(each => each.id !== profile.id && !isSamePlace(each, profile))
    this.#profiles.push(profile)
  }

  /** Removes what fits and returns how many that were. */
  clear(fits: (profile: Profile) => boolean): number {
    const before = this.#profiles.length
    this.#profiles = this.#profiles.filter(profile => !fits(profile))
    return before - this.#profiles.length
  }

  list(): readonly Profile[] {
    return this.#profiles
  }

  /** Profiles that came with the wish for a transaction are for the one that begins on the connector. */
  adopt(connectorId: number, transaction: string): void {
    for (const profile of this.#profiles)
      if (profile.purpose === 'Tx' && profile.connectorId === connectorId) profile.transaction ??= transaction
  }

  /** Profiles of a transaction end with it. */
  forget(transaction: string): void {
    this.clear(profile => profile.transaction === transaction)
  }

  /** What the whole station may draw at an instant, in watts; infinite when nothing is said. */
  stationLimit(at: number): number {
    return this.#highest(profile => profile.purpose === 'StationMax', at) ?? Number.POSITIVE_INFINITY
  }

  /** What a connector may draw at an instant, in watts, by the profiles of its transaction or else the default ones. */
  connectorLimit(connectorId: number, at: number, running: Running | undefined): number {
    const own =
      running &&
      this.#highest(
        profile =>
          profile.purpose === 'Tx' &&
          profile.connectorId === connectorId &&
          (profile.transaction ?? running.transaction) === running.transaction,
        at,
        running,
      )
    const byDefault = (id: number) =>
      this.#highest(profile => profile.purpose === 'TxDefault' && profile.connectorId === id, at, running)
    return own ?? byDefault(connectorId) ?? byDefault(0) ?? Number.POSITIVE_INFINITY
  }

  /** What applies from an instant on, for so many seconds. */
  composite(
    connectorId: number,
    { from, seconds, running }: { from: number; seconds: number; running: Running | undefined },
  ): CompositePeriod[] {
    const limit = (at: number) =>
      Math.min(
        this.stationLimit(at),
        connectorId === 0 ? Number.POSITIVE_INFINITY : this.connectorLimit(connectorId, at, running),
      )
    const edges = new Set([from])
    for (const profile of this.#profiles)
      for (const edge of edgesOf(profile, from, from + seconds * SECOND, running)) edges.add(edge)
    const periods = [...edges]
      .sort((a, b) => a - b)
      .map(at => ({ start: Math.round((at - from) / SECOND), watts: limit(at) }))
    return periods.filter(({ watts }, index) => index === 0 || watts !== periods[index - 1]!.watts)
  }

  #highest(fits: (profile: Profile) => boolean, at: number, running?: Running): number | undefined {
    const levels = this.#profiles.filter(fits).sort((a, b) => b.stackLevel - a.stackLevel)
    for (const profile of levels) {
      const watts = wattsAt(profile, at, running)
      if (watts !== undefined) return watts
    }
    return undefined
  }
}

function isSamePlace(a: Profile, b: Profile): boolean {
  return (
    a.purpose === b.purpose &&
    a.stackLevel === b.stackLevel &&
    a.connectorId === b.connectorId &&
    a.transaction === b.transaction
  )
}

/** Undefined when the profile says nothing about that instant. */
function wattsAt(profile: Profile, at: number, running?: Running): number | undefined {
  if (at < profile.validFrom || at >= profile.validTo) return undefined
  const elapsed = (at - startOf(profile, at, running)) / SECOND
  if (elapsed < 0 || elapsed >= profile.duration) return undefined
  return profile.periods.findLast(({ start }) => start <= elapsed)?.watts
}

function startOf(profile: Profile, at: number, running?: Running): number {
  const begins = running?.startedAt ?? profile.installedAt
  if (profile.kind === 'Relative') return begins
  const start = profile.startsAt ?? begins
  if (profile.kind !== 'Recurring') return start
  const length = LENGTHS[profile.recurrency ?? 'Daily']
  return start + Math.floor((at - start) / length) * length
}

/** The instants within a stretch at which a profile may begin or cease to say something else. */
function edgesOf(profile: Profile, from: number, to: number, running?: Running): number[] {
  const edges = [profile.validFrom, profile.validTo]
  const length = profile.kind === 'Recurring' ? LENGTHS[profile.recurrency ?? 'Daily'] : Number.POSITIVE_INFINITY
  for (let start = startOf(profile, from, running); start < to; start += length) {
    edges.push(start, start + profile.duration * SECOND)
    for (const period of profile.periods) edges.push(start + period.start * SECOND)
  }
  return edges.filter(edge => edge > from && edge < to)
}
