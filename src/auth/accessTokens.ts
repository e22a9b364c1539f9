import { hash } from 'node:crypto'
import type { Knex } from 'knex'
import { ApiError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import * as store from '../store/accessTokens.ts'
import type { ClientCaller, DeviceCaller, ServiceAccountCaller } from './caller.ts'
import { impliedScopes } from './scopes.ts'

type TokenCaller = DeviceCaller | ClientCaller | ServiceAccountCaller

const SIZE = 50_000

/**
 * Callers by access token, kept in memory. A revocation is a committed row like any other, so the feed tells it to
 * every process within milliseconds; while the feed is away nothing is kept and each request asks the database.
 */
export class AccessTokens {
  readonly #db: Knex
  readonly #feed: Feed
  /** Undefined for a token that was revoked: the feed's word, because the table may still show it as good for a moment. */
  readonly #callers = new Map<string, TokenCaller | undefined>()
  /** Service accounts that the feed has told to be disabled. */
  readonly #disabled = new Set<string>()
  /** Counts changes, so that an answer read before a revocation is not kept after it. */
  #changes = 0

  constructor(db: Knex, feed: Feed) {
    this.#db = db
    this.#feed = feed
    feed.subscribe('core.access_tokens', ({ kind, row }) => {
      if (kind === 'insert') return
      this.#changes++
      const key = (row.token_hash as Buffer).toString('base64')
      this.#callers.delete(key)
      if (row.revoked_at) this.#keep(key, undefined)
    })
    feed.subscribe('core.service_accounts', ({ row }) => {
      const id = row.service_account_id as string
      if (row.disabled_at === null) this.#disabled.delete(id)
      else this.#disable(id)
    })
    feed.onLost(() => {
      this.#changes++
      this.#callers.clear()
      this.#disabled.clear()
    })
  }

  /** Who holds the token. @throws unauthorized when nobody does, or not any more */
  async find(token: string): Promise<TokenCaller> {
    const key = hash('sha256', token, 'base64')
    const caller = this.#callers.has(key) ? this.#callers.get(key) : await this.#load(key)
    if (caller === undefined) throw new ApiError('unauthorized', 'the token is not valid')
    if (caller.expiresAt <= Date.now())
      throw new ApiError('unauthorized', 'the token has expired', { reason: 'expired' })
    return caller
  }

  async #load(key: string): Promise<TokenCaller | undefined> {
    // What is read while the feed is away may be stale by the time it is back.
    const before = this.#feed.live ? this.#changes : undefined
    const row = await store.find(this.#db, Buffer.from(key, 'base64'))
    if (row === undefined) return undefined
    const caller = callerOf(row)
    if (caller.kind === 'serviceAccount' && this.#disabled.has(caller.serviceAccountId)) return undefined
    if (this.#feed.live && before === this.#changes) this.#keep(key, caller)
    // Something was revoked while this was read, perhaps this very token.
    else if (before !== undefined && before !== this.#changes)
      return this.#callers.has(key) ? this.#callers.get(key) : this.#load(key)
    return caller
  }

  #disable(serviceAccountId: string): void {
    this.#changes++
    this.#disabled.add(serviceAccountId)
    for (const [key, caller] of this.#callers)
      if (caller?.kind === 'serviceAccount' && caller.serviceAccountId === serviceAccountId) this.#callers.delete(key)
  }

  #keep(key: string, caller: TokenCaller | undefined): void {
    if (this.#callers.size >= SIZE) this.#callers.clear()
    this.#callers.set(key, caller)
  }
}

function callerOf(row: store.AccessToken): TokenCaller {
  const common = { tenantId: row.tenant_id, expiresAt: row.expires_at.getTime() }
  if (row.device_id !== null) return { kind: 'device', deviceId: row.device_id, ...common }
  const scopes = impliedScopes(row.scopes)
  if (row.client_id !== null) return { kind: 'client', clientId: row.client_id, scopes, ...common }
  return { kind: 'serviceAccount', serviceAccountId: row.service_account_id!, scopes, ...common }
}
