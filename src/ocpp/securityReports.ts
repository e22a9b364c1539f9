import type { Services } from '../services.ts'
import { add, type SecurityEvent } from '../store/securityEvents.ts'

/** What goes on is told again after this time, with how often it was; in milliseconds. */
const QUIET = 10_000
const MOST = 10_000

/** Notes security events, and sees that one who makes many does not make many rows. */
export class SecurityReports {
  readonly #services: Pick<Services, 'db' | 'log'>
  readonly #told = new Map<string, { until: number; more: number }>()

  constructor(services: Pick<Services, 'db' | 'log'>) {
    this.#services = services
  }

  /** Notes an event. It is committed, or known not to be, when this resolves; it never rejects. */
  async add(event: SecurityEvent): Promise<void> {
    try {
      await add(this.#services.db, event)
    } catch (error) {
      const { identity, category } = event
      this.#services.log.error({ err: error, identity, category }, 'a security event could not be noted')
    }
  }

  /**
   * Notes an event, unless it was noted just before; the next one tells in `details.more` how many were left out.
   *
   * @param address where it comes from: another address is another event
   * @param isKnown whether there is a station of that name; the names that somebody makes up are all one
   */
  async addSparingly(event: SecurityEvent, address: string, isKnown = true, now = Date.now()): Promise<void> {
    const key = `${event.category} ${address} ${isKnown ? event.identity : ''}`
    const told = this.#told.get(key)
    if (told !== undefined && now < told.until) {
      told.more++
      return
    }
    this.#told.delete(key)
    this.#told.set(key, { until: now + QUIET, more: 0 })
    if (this.#told.size > MOST) this.#told.delete(this.#told.keys().next().value!)
    const more = told?.more ?? 0
    await this.add({ ...event, details: { ip: address, ...event.details, ...(more > 0 ? { more } : {}) } })
  }
}
