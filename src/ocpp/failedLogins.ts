import type { Severity } from '../store/securityEvents.ts'

/** An attempt counts towards the next ones for so long after the last; in milliseconds. */
const MEMORY = 15 * 60_000
const MOST = 10_000

/** Counts the failed logins of each name from each address. */
export class FailedLogins {
  readonly #counts = new Map<string, { attempt: number; at: number }>()

  /** @returns the how manieth this one is */
  count(identity: string, address: string, now = Date.now()): number {
    const key = `${address} ${identity}`
    const before = this.#counts.get(key)
    const attempt = before !== undefined && now - before.at < MEMORY ? before.attempt + 1 : 1
    this.#counts.delete(key)
    this.#counts.set(key, { attempt, at: now })
    // The one that is longest ago is forgotten.
    if (this.#counts.size > MOST) this.#counts.delete(this.#counts.keys().next().value!)
    return attempt
  }

  forget(identity: string, address: string): void {
    this.#counts.delete(`${address} ${identity}`)
  }
}

/** How bad a failed login is, by how many there were. */
export function severityOf(attempt: number): Severity {
  if (attempt <= 2) return 'low'
  if (attempt <= 5) return 'medium'
  return attempt <= 10 ? 'high' : 'critical'
}
