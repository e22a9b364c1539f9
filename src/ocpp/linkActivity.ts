import type { Knex } from 'knex'
import type { Logger } from 'pino'
import * as ocppLinks from '../store/ocppLinks.ts'
import type { Protocol } from './action.ts'

const EVERY = 2000

/** Counts the messages of devices, so that what a device shows of its link costs a statement now and then. */
export class LinkActivity {
  readonly #db: Knex
  readonly #log: Logger
  #heard = new Map<string, ocppLinks.Heard>()
  #timer: NodeJS.Timeout | undefined

  constructor(db: Knex, log: Logger) {
    this.#db = db
    this.#log = log
  }

  /** @param at milliseconds since 1970 */
  note(deviceId: string, protocol: Protocol, { direction, at }: { direction: 'IN' | 'OUT'; at: number }): void {
    const isHeard = direction === 'IN'
    const minute = Math.floor(at / 60_000) * 60_000
    const key = `${deviceId} ${minute}`
    const heard = this.#heard.get(key)
    if (heard === undefined)
      this.#heard.set(key, { deviceId, protocol, minute: new Date(minute), at: new Date(at), messages: 1, isHeard })
    else {
      heard.messages++
      heard.at = new Date(at)
      heard.protocol = protocol
      heard.isHeard ||= isHeard
    }
    this.#timer ??= setTimeout(() => void this.flush(), EVERY)
  }

  /** Writes what was counted. Numbers that the database does not take are given up: they are an average of minutes. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const heard = [...this.#heard.values()]
    this.#heard = new Map()
    if (heard.length === 0) return
    try {
      await ocppLinks.heardAll(this.#db, heard)
    } catch (error) {
      this.#log.warn({ err: error }, 'activity of OCPP links could not be noted')
    }
  }
}
