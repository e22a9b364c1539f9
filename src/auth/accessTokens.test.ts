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
  device_id: randomUUID(),
  client_id: null,
  scopes: [],
  expires_at: new Date(Date.now() + 60_000),
})
const refused = (error: unknown) => error instanceof ApiError && error.kind === 'unauthorized'

/** A feed and a database in memory: what happens while the database is asked is up to the test. */
let live: boolean
let tell: (change: Pick<Change, 'kind' | 'row'>) => void
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
    subscribe(_table: string, listener: typeof tell) {
      tell = listener
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
