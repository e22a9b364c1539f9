import type { Knex } from 'knex'
import type { Reply } from '../operation.ts'
import * as accessTokens from '../store/accessTokens.ts'
import { hashSecret, newSecret } from './secrets.ts'

type Holder = Parameters<typeof accessTokens.issue>[2]

interface AccessToken {
  access_token: string
  token_type: 'Bearer'
  /** seconds */
  expires_in: number
}

/** Issues an opaque token and wraps it as RFC 6749 wants it: bare, and never to be cached. */
export async function tokenReply<Extra extends object>(
  db: Knex,
  holder: Holder,
  extra: Extra,
): Promise<Reply<200, AccessToken & Extra>> {
  const token = newSecret()
  await accessTokens.issue(db, hashSecret(token), holder)
  const body = {
    access_token: token,
    token_type: 'Bearer' as const,
    expires_in: accessTokens.LIFETIME_SECONDS,
    ...extra,
  }
  return { status: 200, body, headers: { 'Cache-Control': 'no-store' } }
}
