/**
 * Seeded pseudo-random numbers (the mulberry32 generator). Each charger and purpose has a generator of its own, named by
 * its seed, so that the order in which answers come from the server does not change what any charger does.
 */
export class Random {
  #state: number

  constructor(seed: string) {
    // FNV-1a: nearby names such as `1/7` and `1/8` must not give nearby states.
    let hash = 0x811c9dc5
    for (const character of seed) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
    this.#state = hash >>> 0
  }

  /** From 0 inclusive to 1 exclusive. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next()
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(list: readonly Item[]): Item {
    return list[Math.floor(this.next() * list.length)]!
  }

  /** The wait until the next event of a steady rate, in the unit of one over the rate; infinite for a rate of 0. */
  untilNext(rate: number): number {
    return rate > 0 ? -Math.log(1 - this.next()) / rate : Number.POSITIVE_INFINITY
  }
}
