import type { TableChange } from './tableChange.ts'

const MOST = 50_000
/** milliseconds */
const LONGEST = 5 * 60_000

/** The latest changes, so that a client that was away for a moment can go on where it was. */
export class Window {
  #changes: TableChange[] = []
  #first = 0
  /** Everything after this position is in the window. */
  #since: string

  constructor(position: string) {
    this.#since = position
  }

  add(change: TableChange): void {
    this.#changes.push(change)
    const oldest = Date.now() - LONGEST
    while (
      this.#changes.length - this.#first > MOST ||
      this.#changes[this.#first]!.change.committedAt.getTime() < oldest
    ) {
      this.#since = this.#changes[this.#first]!.change.position
      this.#first++
      if (this.#first === this.#changes.length) break
    }
    // Moved only now and then, because every move touches all.
    if (this.#first > MOST) {
      this.#changes = this.#changes.slice(this.#first)
      this.#first = 0
    }
  }

  /** The changes after a position, or undefined when some of them are not there any more. */
  after(position: string): TableChange[] | undefined {
    if (position < this.#since) return undefined
    const changes = this.#changes
    let low = this.#first
    let high = changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (changes[middle]!.change.position > position) high = middle
      else low = middle + 1
    }
    return changes.slice(low)
  }
}
