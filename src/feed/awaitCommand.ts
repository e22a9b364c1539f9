import type { Knex } from 'knex'
import * as commands from '../store/commands.ts'
import type { Feed } from './feed.ts'

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
    feed.subscribeTo('core.commands', 'device_id', deviceId, alarm.ring),
    feed.onResumed(() => alarm.ring()),
  ]
  signal.addEventListener('abort', alarm.ring)
  try {
    while (!signal.aborted) {
      const command = await commands.offerNext(db, deviceId, connectorId)
      if (command !== undefined) return command
      const left = deadline - performance.now()
      if (left <= 0) return undefined
      const again = await commands.nextOfferIn(db, deviceId, connectorId)
      await alarm.wait(Math.min(left, Math.max(again ?? left, 10)))
    }
    return undefined
  } finally {
    signal.removeEventListener('abort', alarm.ring)
    for (const end of endings) end()
  }
}

/** Wakes one waiter, also when it rings before the waiter lies down. */
class Alarm {
  #rang = false
  #wake: (() => void) | undefined

  readonly ring = (): void => {
    this.#rang = true
    this.#wake?.()
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#rang) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, milliseconds)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#rang = false
    this.#wake = undefined
  }
}
