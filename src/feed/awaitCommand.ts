import type { Knex } from 'knex'
import * as commands from '../store/commands.ts'
import type { Feed } from './feed.ts'
import { untilVisible } from './untilVisible.ts'

interface Wait {
  deviceId: string
  connectorId: number | undefined
  seconds: number
  signal: AbortSignal
}

/**
 * The long-poll: the charger's next command, or undefined when none came in time or nobody listens any more. The feed
 * wakes it for a command that any process queued, and when it resumes, because a command may have come meanwhile.
 */
export async function awaitCommand(db: Knex, feed: Feed, { deviceId, connectorId, seconds, signal }: Wait) {
  const deadline = performance.now() + seconds * 1000
  const alarm = new Alarm()
  const endings = [
    // Listening begins before the first look, so that no command can fall between the two.
    feed.subscribeTo('core.commands', 'device_id', deviceId, ({ transaction }) => alarm.ring(transaction)),
    feed.onResumed(() => alarm.ring()),
  ]
  const giveUp = () => alarm.ring()
  signal.addEventListener('abort', giveUp)
  try {
    while (!signal.aborted) {
      const command = await commands.offerNext(db, deviceId, connectorId)
      if (command !== undefined) return command
      const left = deadline - performance.now()
      if (left <= 0) return undefined
      const again = await commands.nextOfferIn(db, deviceId, connectorId)
      const told = await alarm.wait(Math.min(left, Math.max(again ?? left, 10)))
      await untilVisible(db, told, () => signal.aborted || performance.now() >= deadline)
    }
    return undefined
  } finally {
    signal.removeEventListener('abort', giveUp)
    for (const end of endings) end()
  }
}

/** Wakes one waiter, also when it rings before the waiter lies down, and tells it which transactions rang. */
class Alarm {
  #rang = false
  #transactions: number[] = []
  #wake: (() => void) | undefined

  ring(transaction?: number): void {
    this.#rang = true
    if (transaction !== undefined) this.#transactions.push(transaction)
    this.#wake?.()
  }

  async wait(milliseconds: number): Promise<number[]> {
    if (!this.#rang) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, milliseconds)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const transactions = this.#transactions
    this.#rang = false
    this.#transactions = []
    this.#wake = undefined
    return transactions
  }
}
