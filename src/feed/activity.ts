import type { Knex } from 'knex'
import * as store from '../store/activity.ts'
import { ACTIVITY_TABLES, type ActivityItem, describeRow, identityOf } from './activityItem.ts'
import type { Feed } from './feed.ts'

const KEPT = 200

/** A tenant's latest items, oldest first. */
interface Recent {
  items: ActivityItem[]
  /** Until the tables are read, what the feed told meanwhile; then what they told, which the feed may tell late. */
  known: Set<string | undefined>
  /** Done when what lies before the first item of the feed has been read from the tables. */
  loaded: Promise<void>
  isLoaded: boolean
}

/**
 * What happened lately in each tenant's fleet, as committed, whichever process wrote it. A tenant is followed from the
 * first time somebody asks: what lies before that, or in a gap of the feed, is read from the tables.
 */
export class Activity {
  readonly #db: Knex
  readonly #feed: Feed
  #listening = false
  readonly #recent = new Map<string, Recent>()

  constructor(db: Knex, feed: Feed) {
    this.#db = db
    this.#feed = feed
    // What is missed from now on nobody would add.
    feed.onLost(() => this.#recent.clear())
    feed.onResumed(() => this.#recent.clear())
  }

  /** The latest items of a tenant, newest first. */
  async list(tenantId: string, limit: number): Promise<ActivityItem[]> {
    if (!this.#feed.live) {
      const stored = await store.before(this.#db, tenantId, new Date(), limit)
      return stored.map(({ table, at, row }) => describeRow(table, at, row)).reverse()
    }
    const recent = this.#recent.get(tenantId) ?? this.#follow(tenantId)
    await recent.loaded
    return recent.items.slice(-limit).reverse()
  }

  /** From the first time that anybody asks, since decoding what nobody reads costs. */
  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    this.#forgetSuperseded()
    for (const table of ACTIVITY_TABLES) {
      this.#feed.subscribe(table, ({ kind, row, committedAt }) => {
        const recent = this.#recent.get(String(row.tenant_id))
        if (kind === 'delete' || recent === undefined) return
        const identity = identityOf(table, row)
        if (identity !== undefined && recent.known.has(identity)) return
        if (!recent.isLoaded) recent.known.add(identity)
        recent.items.push(describeRow(table, committedAt, row))
        if (recent.items.length >= KEPT * 2) recent.items.splice(0, recent.items.length - KEPT)
      })
    }
  }

  /** A record that another took the place of is no longer told of; nor, while the tables are read, is what they say of it. */
  #forgetSuperseded(): void {
    this.#feed.subscribe('core.superseded_records', ({ row: { record_id } }) => {
      for (const recent of this.#recent.values()) {
        recent.known.add(identityOf('core.charging_records', { record_id }))
        recent.items = recent.items.filter(item => item.data.record_id !== record_id)
      }
    })
  }

  #follow(tenantId: string): Recent {
    this.#listen()
    const recent: Recent = { items: [], known: new Set(), loaded: Promise.resolve(), isLoaded: false }
    this.#recent.set(tenantId, recent)
    const now = new Date()
    recent.loaded = store.before(this.#db, tenantId, now, KEPT).then(
      stored => {
        const news = stored.filter(({ table, row }) => !recent.known.has(identityOf(table, row)))
        recent.items.unshift(...news.map(({ table, at, row }) => describeRow(table, at, row)))
        recent.known = new Set(stored.map(({ table, row }) => identityOf(table, row)))
        recent.isLoaded = true
      },
      error => {
        this.#recent.delete(tenantId)
        throw error
      },
    )
    return recent
  }
}
