import type { Knex } from 'knex'
import type { Services } from '../services.ts'
import { add, type SecurityEvent } from '../store/securityEvents.ts'
import { type FailedLogin, noteFailedLogin } from './failedLogins.ts'

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
    await this.#try(event.identity, event.category, db => add(db, event))
  }

  /** The same for a failed login. */
  async addFailedLogin(login: FailedLogin): Promise<void> {
    await this.#try(login.identity, 'AUTH_FAILED', db => noteFailedLogin(db, login))
  }

  /**
   * Notes an event, unless it was noted just before; the next one tells in `details.more` how many were left out.
   *
   * @param address where it comes from: another address is another event
   * @param isKnown whether there is a station of that name; the names that somebody makes up are all one
   */
  async addSparingly(event: SecurityEvent, address: string, isKnown = true): Promise<void> {
    const more = this.due(event.category, address, isKnown ? event.identity : '')
    if (more === undefined) return
    await this.add({ ...event, details: { ip: address, ...event.details, ...(more > 0 ? { more } : {}) } })
  }

  /** How many of an event were left out since it was noted; undefined while it was noted just before. */
  due(category: string, address: string, identity: string, now = Date.now()): number | undefined {
    const key = `${category} ${address} ${identity}`
    const told = this.#told.get(key)
    if (told !== undefined && now < told.until) {
      told.more++
      return undefined
    }
    this.#told.delete(key)
    this.#told.set(key, { until: now + QUIET, more: 0 })
    if (this.#told.size > MOST) this.#told.delete(this.#told.keys().next().value!)
    return told?.more ?? 0
  }

  async #try(identity: string, category: string, note: (db: Knex) => Promise<void>): Promise<void> {
    try {
      await note(this.#services.db)
    } catch (error) {
      this.#services.log.error({ err: error, identity, category }, 'a security event could not be noted')
    }
  }
}
