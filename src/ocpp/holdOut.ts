import { setTimeout as delay } from 'node:timers/promises'
import { asApiError } from '../errors.ts'

/** Milliseconds. Stations wait for an answer for 30 s, and an attempt itself may take some of it. */
const PATIENCE = 20_000
const FIRST_REST = 250
const LONGEST_REST = 4000

/**
 * Does what a station asks for, and does it again while the database is away: a station that hears of an error counts its
 * attempts and gives the end of a session up after the third, but one that waits for its answer waits.
 *
 * @param work may run more than once
 * @param signal ends the waiting, as when the server stops
 * @throws what the work throws, at once unless it is that the database is away, and that too after 20 s
 */
export async function holdOut<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  const deadline = performance.now() + PATIENCE
  for (let rest = FIRST_REST; ; rest = Math.min(2 * rest, LONGEST_REST)) {
    try {
      return await work()
    } catch (error) {
      const jittered = rest * (0.5 + Math.random() / 2)
      const isOver = signal.aborted || performance.now() + jittered > deadline
      if (isOver || asApiError(error).kind !== 'unavailable') throw error
      await delay(jittered, undefined, { signal }).catch(() => {
        throw error
      })
    }
  }
}
