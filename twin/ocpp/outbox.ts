import { pause } from '../clock.ts'
import type { Line, Reply } from './line.ts'
import type { OcppReport } from './report.ts'

/** Something about a transaction that the central system has to hear, in order, once it can. */
export interface Entry {
  action: string
  payload: Record<string, unknown>
  /** Of the transaction. */
  transaction: string
}

export interface OutboxSetup {
  line: Line
  report: OcppReport
  entries: Entry[]
  /** Fills in what was not known when the entry was made. */
  complete: (entry: Entry) => object
  /** Told of every answer. */
  taken: (entry: Entry, reply: Reply & { kind: 'result' }) => void
  attempts: () => number
  /** Milliseconds of the wall clock. */
  retryAfter: () => number
  /** Whether the station may send now. */
  isOpen: () => boolean
  abort: AbortSignal
}

/** What a station has to say about its transactions: kept over losses of the connection, said in order. */
export class Outbox {
  readonly #setup: OutboxSetup
  readonly #entries: Entry[]
  #working = false
  #drained: PromiseWithResolvers<void> | undefined

  constructor(setup: OutboxSetup) {
    this.#setup = setup
    this.#entries = [...setup.entries]
    setup.report.transactionsSent += this.#entries.length
    setup.abort.addEventListener('abort', () => this.#drained?.resolve(), { once: true })
  }

  get waiting(): number {
    return this.#entries.length
  }

  /** What was not acknowledged. */
  unsent(): Entry[] {
    return [...this.#entries]
  }

  add(entry: Entry): void {
    this.#setup.report.transactionsSent++
    this.#entries.push(entry)
    this.flush()
  }

  /** Sends what waits, as when the connection is back. */
  flush(): void {
    if (!this.#working) void this.#work()
  }

  /** Waits until everything is acknowledged or sending was aborted. */
  async drain(): Promise<void> {
    if (this.#entries.length === 0 || this.#setup.abort.aborted) return
    this.#drained ??= Promise.withResolvers()
    this.flush()
    await this.#drained.promise
  }

  async #work(): Promise<void> {
    const { line, complete, taken, report, attempts, retryAfter, isOpen, abort } = this.#setup
    this.#working = true
    let failures = 0
    while (this.#entries.length > 0 && isOpen() && !abort.aborted) {
      const entry = this.#entries[0]!
      const reply = await line.call(entry.action, complete(entry))
      if (reply.kind === 'result') taken(entry, reply)
      if (reply.kind !== 'result' && ++failures < attempts()) {
        // Without a connection the next one begins anew here.
        if (!line.connected) break
        await pause(retryAfter() * failures, abort)
        continue
      }
      // A central system that is there and answers nothing is waited for.
      if (reply.kind === 'none') break
      failures = 0
      this.#entries.shift()
      if (reply.kind === 'result') report.transactionsAcknowledged++
    }
    this.#working = false
    if (this.#entries.length === 0) {
      this.#drained?.resolve()
      this.#drained = undefined
    }
  }
}
