import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, it } from 'node:test'
import type { Knex } from 'knex'
import { ApiError } from '../errors.ts'
import type { Change, Feed } from '../feed/feed.ts'
import { AccessTokens } from './accessTokens.ts'
import { hashSecret } from './secrets.ts'

const TOKEN = 'a token'
const row = () => ({
  tenant_id: randomUUID(),
  device_id: randomUUID() as string | null,
  client_id: null,
  service_account_id: null as string | null,
  scopes: [],
  expires_at: new Date(Date.now() + 60_000),
})
const refused = (error: unknown) => error instanceof ApiError && error.kind === 'unauthorized'

/** A feed and a database in memory: what happens while the database is asked is up to the test. */
let live: boolean
let tell: (change: Pick<Change, 'kind' | 'row'>) => void
let tellOfAccount: typeof tell
let lose: () => void
let read: () => Promise<ReturnType<typeof row> | undefined>
let reads: number
let tokens: AccessTokens

beforeEach(() => {
  live = true
  reads = 0
  const feed = {
    get live() {
      return live
    },
    subscribe(table: string, listener: typeof tell) {
      if (table === 'core.access_tokens') tell = listener
      else tellOfAccount = listener
    },
    onLost(listener: typeof lose) {
      lose = listener
    },
  }
  const query = {
    leftJoin: () => query,
    first: () => query,
    where() {
      reads++
      return read()
    },
  }
  tokens = new AccessTokens((() => query) as unknown as Knex, feed as unknown as Feed)
})

const revoke = (token: string) =>
  tell({ kind: 'update', row: { token_hash: hashSecret(token), revoked_at: new Date() } })

describe('an access token', () => {
  it('is looked up once, and refused as soon as the feed tells of its revocation', async () => {
    read = async () => row()
    await tokens.find(TOKEN)
    await tokens.find(TOKEN)
    assert.equal(reads, 1)
    revoke(TOKEN)
    await assert.rejects(tokens.find(TOKEN), refused)
    assert.equal(reads, 1)
  })
  it('is refused when the feed tells of its revocation while its row, still good, is being read', async () => {
    read = async () => {
      revoke(TOKEN)
      return row()
    }
    await assert.rejects(tokens.find(TOKEN), refused)
    await assert.rejects(tokens.find(TOKEN), refused)
    assert.equal(reads, 1)
  })
  it('is read again when another one was revoked meanwhile, and then kept', async () => {
    read = async () => {
      if (reads === 1) revoke('another token')
      return row()
    }
    await tokens.find(TOKEN)
    assert.equal(reads, 2)
    await tokens.find(TOKEN)
    assert.equal(reads, 2)
  })
  it('is read again when the feed was lost meanwhile, and each time while it is away', async () => {
    read = async () => {
      if (reads === 1) {
        live = false
        lose()
        return row()
      }
      return undefined
    }
    await assert.rejects(tokens.find(TOKEN), refused)
    await assert.rejects(tokens.find(TOKEN), refused)
    assert.equal(reads, 3)
  })
})

describe('an access token of a service account', () => {
  const service_account_id = randomUUID()
  const ofAccount = () => ({ ...row(), device_id: null, service_account_id, scopes: [] })
  const disable = (id = service_account_id) =>
    tellOfAccount({ kind: 'update', row: { service_account_id: id, disabled_at: new Date() } })

  it('is refused as soon as the feed tells that the account is disabled, whatever the table still shows', async () => {
    read = async () => ofAccount()
    const caller = await tokens.find(TOKEN)
    assert.equal(caller.kind === 'serviceAccount' && caller.serviceAccountId, service_account_id)
    disable()
    await assert.rejects(tokens.find(TOKEN), refused)
  })
  it('is refused when the feed tells so while its row is being read', async () => {
    read = async () => {
      disable()
      return ofAccount()
    }
    await assert.rejects(tokens.find(TOKEN), refused)
  })
  it('stays good when another account is disabled or this one gets another secret', async () => {
    read = async () => ofAccount()
    await tokens.find(TOKEN)
    disable(randomUUID())
    tellOfAccount({ kind: 'update', row: { service_account_id, disabled_at: null } })
    await tokens.find(TOKEN)
    assert.equal(reads, 1)
  })
})
