import type { Answer } from './api.ts'
import { pause } from './clock.ts'

const FIRST_WAIT = 500
const LONGEST_WAIT = 30_000
/** An error of the server that comes so many times in a row is taken as its answer. */
const MOST_ERRORS = 5

export interface Patience {
  /** Tries until the last answer is taken as it is. */
  tries?: number
  /** Ends the waiting; the last answer is returned. */
  signal: AbortSignal
  /** Told when the server asked for a rest, in milliseconds. */
  onRest?: (milliseconds: number) => void
}

/**
 * Tries until there is an answer that trying again would hardly change. After 429 and 503 it waits as long as the server
 * says; after other server errors and without an answer ever longer. Jitter keeps a fleet from coming back in step.
 */
export async function patiently(
  attempt: () => Promise<Answer>,
  { tries = Number.POSITIVE_INFINITY, signal, onRest }: Patience,
): Promise<Answer> {
  let errors = 0
  for (let count = 1; ; count++) {
    const answer = await attempt()
    if (!isTransient(answer.status) || count >= tries || signal.aborted) return answer
    errors = answer.status >= 500 && answer.status !== 503 ? errors + 1 : 0
    if (errors === MOST_ERRORS) return answer
    const wait = waitAfter(answer, count)
    if (answer.status === 429) onRest?.(wait)
    await pause(wait, signal)
    if (signal.aborted) return answer
  }
}

/** Whether the same request can have another answer later. */
export function isTransient(status: number): boolean {
  return status === 0 || status === 429 || status >= 500
}

function waitAfter({ status, retryAfter }: Answer, count: number): number {
  if (status === 429 && retryAfter !== undefined) return retryAfter * 1000
  const backoff = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (count - 1)) * (0.5 + Math.random() / 2)
  return retryAfter === undefined ? backoff : retryAfter * 1000 + backoff
}
