import type { Knex } from 'knex'
import type { Logger } from 'pino'
import * as ocppLinks from '../store/ocppLinks.ts'
import type { Protocol } from './action.ts'

const EVERY = 2000
const MINUTE = 60_000

/** Messages of one minute. Times are milliseconds since 1970. */
interface Count {
  deviceId: string
  protocol: Protocol
  minute: number
  /** When the last one came. */
  at: number
  messages: number
  /** Whether the station said any of it. */
  isHeard: boolean
}

/** Counts the messages of devices, so that what a device shows of its link costs a statement now and then. */
export class LinkActivity {
  readonly #db: Knex
  readonly #log: Logger
  /** By device, of the minute that runs. */
  #heard = new Map<string, Count>()
  #past: Count[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(db: Knex, log: Logger) {
    this.#db = db
    this.#log = log
  }

  /** @param at milliseconds since 1970 */
  note(deviceId: string, protocol: Protocol, { direction, at }: { direction: 'IN' | 'OUT'; at: number }): void {
    const isHeard = direction === 'IN'
    const minute = Math.floor(at / MINUTE) * MINUTE
    const count = this.#heard.get(deviceId)
    if (count?.minute === minute) {
      count.messages++
      count.at = at
      count.protocol = protocol
      count.isHeard ||= isHeard
    } else {
      if (count !== undefined) this.#past.push(count)
      this.#heard.set(deviceId, { deviceId, protocol, minute, at, messages: 1, isHeard })
    }
    this.#timer ??= setTimeout(() => void this.flush(), EVERY)
  }

  /** Writes what was counted. Numbers that the database does not take are given up: they are an average of minutes. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const heard = [...this.#past, ...this.#heard.values()]
    this.#past = []
    this.#heard = new Map()
    if (heard.length === 0) return
    try {
      await ocppLinks.heardAll(
        this.#db,
        heard.map(({ minute, at, ...count }) => ({ ...count, minute: new Date(minute), at: new Date(at) })),
      )
    } catch (error) {
      this.#log.warn({ err: error }, 'activity of OCPP links could not be noted')
    }
  }
}
