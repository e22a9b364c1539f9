/** How many are remembered. */
const MEMORY = 4

/** The last few calls by their unique ids, to name late answers and repeated calls. It makes no garbage. */
export class RecentCalls {
  readonly #ids: string[] = []
  readonly #actions: string[] = []
  #next = 0

  /** The oldest is forgotten. */
  add(id: string, action: string): void {
    const known = this.#ids.indexOf(id)
    const place = known === -1 ? this.#next : known
    this.#ids[place] = id
    this.#actions[place] = action
    if (known === -1) this.#next = (this.#next + 1) % MEMORY
  }

  actionOf(id: string): string | undefined {
    return this.#actions[this.#ids.indexOf(id)]
  }

  has(id: string): boolean {
    return this.#ids.includes(id)
  }
}
