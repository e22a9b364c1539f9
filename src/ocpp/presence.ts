import type { Services } from '../services.ts'
import * as processes from '../store/ocppProcesses.ts'

const EVERY = 3000
/** A process that is not heard of for so long is dead; in seconds. */
const SILENCE = 10

/**
 * Tells the other processes that this one lives, and ends what those have left open that do not. A database that was
 * away makes everybody look dead, so nobody is buried before they have had the time to speak again.
 */
export class Presence {
  readonly #services: Services
  readonly #connectionIds: () => string[]
  #timer: NodeJS.Timeout | undefined
  #beats = 0
  #beating: Promise<void> = Promise.resolve()

  /** @param connectionIds of the sockets of this process */
  constructor(services: Services, connectionIds: () => string[]) {
    this.#services = services
    this.#connectionIds = connectionIds
  }

  async start(): Promise<void> {
    const { db, processId } = this.#services
    await processes.beat(db, processId, () => [])
    await processes.bury(db, SILENCE)
    this.#timer = setInterval(() => {
      this.#beating = this.#beating.then(() => this.#beat())
    }, EVERY)
  }

  async #beat(): Promise<void> {
    const { db, processId, log } = this.#services
    try {
      await processes.beat(db, processId, this.#connectionIds)
      this.#beats++
      if (this.#beats > SILENCE / (EVERY / 1000)) await processes.bury(db, SILENCE)
    } catch (error) {
      this.#beats = 0
      log.warn({ err: error }, 'the life of this process could not be noted')
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#beating
    const { db, processId, log } = this.#services
    await processes.leave(db, processId).catch(error => log.warn({ err: error }, 'the end could not be noted'))
  }
}
