import { ApiError, isDatabaseAway, unavailable } from '../errors.ts'

interface Waiting<Row, Result> {
  row: Row
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

export interface GroupCommitOptions<Row, Result> {
  /** Writes rows in one transaction and tells each one's result; returns after the commit. */
  flush: (rows: Row[]) => Promise<Result[]>
  /** Rows with the same key never share a flush, so that the second meets the first as a committed row. */
  key: (row: Row) => string
  /** How many rows may wait; more are refused with `unavailable`. */
  queueLimit: number
  batchLimit?: number
  /** Told after each flush, with the number of rows. */
  observe?: (rows: number) => void
}

/**
 * Group commit: rows that arrive while a flush is in flight wait and go together in the next one, so that the cost of a
 * commit is shared by all who would have paid it alone. A caller is answered only after its row is committed.
 */
export class GroupCommit<Row, Result> {
  readonly #options: GroupCommitOptions<Row, Result>
  readonly #batchLimit: number
  #queue: Waiting<Row, Result>[] = []
  #flushing = false

  constructor(options: GroupCommitOptions<Row, Result>) {
    this.#options = options
    this.#batchLimit = options.batchLimit ?? 1000
  }

  get depth(): number {
    return this.#queue.length
  }

  submit(row: Row): Promise<Result> {
    if (this.#queue.length >= this.#options.queueLimit)
      return Promise.reject(unavailable('too many writes are waiting, try again'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ row, resolve, reject })
      if (this.#flushing) return
      this.#flushing = true
      // The rest of this turn of the event loop gets a seat in the first flush.
      setImmediate(() => void this.#run())
    })
  }

  /** The next flush is on its way before those who waited for the last one go on, so that the database is not kept waiting. */
  async #run(): Promise<void> {
    let settle = () => {}
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch()
      const flushed = this.#flush(batch)
      setImmediate(settle)
      settle = await flushed
      this.#options.observe?.(batch.length)
    }
    this.#flushing = false
    settle()
  }

  #takeBatch(): Waiting<Row, Result>[] {
    const keys = new Set<string>()
    const batch: Waiting<Row, Result>[] = []
    const later: Waiting<Row, Result>[] = []
    for (const waiting of this.#queue) {
      const key = this.#options.key(waiting.row)
      if (batch.length < this.#batchLimit && !keys.has(key)) {
        keys.add(key)
        batch.push(waiting)
      } else later.push(waiting)
    }
    this.#queue = later
    return batch
  }

  /**
   * A row that the database refuses fails alone: its batch is halved until it stands by itself.
   *
   * @returns what tells those who wait
   */
  async #flush(batch: Waiting<Row, Result>[]): Promise<() => void> {
    try {
      const results = await this.#options.flush(batch.map(({ row }) => row))
      return () => {
        batch.forEach(({ resolve }, index) => {
          resolve(results[index]!)
        })
      }
    } catch (error) {
      if (batch.length > 1 && !isDatabaseAway(error) && !(error instanceof ApiError)) {
        const half = batch.length >> 1
        const settleFirst = await this.#flush(batch.slice(0, half))
        const settleRest = await this.#flush(batch.slice(half))
        return () => {
          settleFirst()
          settleRest()
        }
      }
      return () => {
        for (const { reject } of batch) reject(error)
      }
    }
  }
}
