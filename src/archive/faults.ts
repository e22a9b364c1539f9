/** A row of samples without one in between that is well, all of one fault. */
export interface FaultySamples {
  code: string | null
  /** The last sample before it, as far as the session goes. */
  before: string | null
  from: string
  to: string
}

/** What the charger reported as a fault at once; `cleared` when it reported that there is none any more. */
export interface FaultEvent {
  code: string | null
  time: string
  cleared: boolean
}

export interface Fault {
  code: string | null
  time: string
}

/**
 * The faults of a session, each once: an event and the samples that tell of the same are one fault, which begins with
 * the first of them. Times are of one form, so they compare as texts.
 */
export function faultsOf(samples: FaultySamples[], events: FaultEvent[]): Fault[] {
  const known = new Set<FaultEvent>()
  const faults: Fault[] = samples.map(({ code, before, from, to }) => {
    const same = events.filter(
      event =>
        !event.cleared &&
        !known.has(event) &&
        (before === null || event.time > before) &&
        event.time <= to &&
        (event.code === code || event.code === null || code === null),
    )
    for (const event of same) known.add(event)
    const times = [from, ...same.map(({ time }) => time)].sort()
    return { code: code ?? same.find(event => event.code !== null)?.code ?? null, time: times[0]! }
  })
  const alone = events.filter(event => !event.cleared && !known.has(event)).map(({ code, time }) => ({ code, time }))
  return [...faults, ...alone].sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0))
}
