import type { Knex } from 'knex'
import { ApiError } from '../errors.ts'
import type { Reply } from '../operation.ts'
import * as accessTokens from '../store/accessTokens.ts'
import { hashSecret, newSecret } from './secrets.ts'

interface AccessToken {
  access_token: string
  token_type: 'Bearer'
  /** seconds */
  expires_in: number
}

/**
 * Issues an opaque token and wraps it as RFC 6749 wants it: bare, and never to be cached.
 *
 * @throws unauthorized when the holder's secret is not good any more
 */
export async function tokenReply<Extra extends object>(
  db: Knex,
  holder: accessTokens.Holder,
  extra: Extra,
  seconds = accessTokens.LIFETIME_SECONDS,
): Promise<Reply<200, AccessToken & Extra>> {
  const token = newSecret()
  if (!(await accessTokens.issue(db, hashSecret(token), holder, seconds)))
    throw new ApiError('unauthorized', 'the secret has just been reset')
  const body = {
    access_token: token,
    token_type: 'Bearer' as const,
    expires_in: seconds,
    ...extra,
  }
  return { status: 200, body, headers: { 'Cache-Control': 'no-store' } }
}
