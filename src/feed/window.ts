import type { Change } from './feed.ts'

const MOST = 50_000
const MOST_BYTES = 64 * 1024 * 1024
/** milliseconds */
const LONGEST = 5 * 60_000

/** Something that was told, with its place in the order of all changes. */
export interface Told {
  change: Pick<Change, 'position' | 'committedAt'>
  /** What it takes in memory, in bytes, where that may be much. */
  size?: number
}

/** The latest of what was told, so that a client that was away for a moment can go on where it was. */
export class Window<Item extends Told> {
  #items: Item[] = []
  #first = 0
  #bytes = 0
  /** Everything after this position is in the window. */
  #since: string

  constructor(position: string) {
    this.#since = position
  }

  add(item: Item): void {
    this.#items.push(item)
    this.#bytes += item.size ?? 0
    const oldest = Date.now() - LONGEST
    while (
      this.#items.length - this.#first > MOST ||
      this.#bytes > MOST_BYTES ||
      this.#items[this.#first]!.change.committedAt.getTime() < oldest
    ) {
      const { change, size = 0 } = this.#items[this.#first]!
      this.#since = change.position
      this.#bytes -= size
      this.#first++
      if (this.#first === this.#items.length) break
    }
    // Moved only when more are forgotten than move, because every move touches all.
    if (this.#first > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
  }

  /**
   * What came after a position, or undefined when some of it is not there any more.
   *
   * @param most how many at most
   */
  after(position: string, most?: number): Item[] | undefined {
    if (position < this.#since) return undefined
    const items = this.#items
    let low = this.#first
    let high = items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (items[middle]!.change.position > position) high = middle
      else low = middle + 1
    }
    return items.slice(low, most === undefined ? undefined : low + most)
  }
}
