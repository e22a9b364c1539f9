/** Lines that a charger keeps. */
const MOST = 2000

/** What a charger writes down for those who ask for its logs. */
export class Journal {
  readonly #entries: { at: number; text: string }[] = []

  /** @param at in simulated milliseconds */
  write(at: number, text: string): void {
    this.#entries.push({ at, text })
    if (this.#entries.length > MOST) this.#entries.shift()
  }

  /** The lines between two instants, both in milliseconds. */
  read(since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY): string[] {
    return this.#entries
      .filter(({ at }) => at >= since && at <= until)
      .map(({ at, text }) => `${new Date(at).toISOString()} ${text}`)
  }
}
