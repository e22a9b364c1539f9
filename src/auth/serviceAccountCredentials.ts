import type { Knex } from 'knex'
import { ApiError } from '../errors.ts'
import * as serviceAccounts from '../store/serviceAccounts.ts'
import { hashSecret, provesSecret } from './secrets.ts'

/**
 * The service account that the secret proves.
 *
 * @throws unauthorized, the same for an unknown or disabled account as for a wrong secret
 */
export async function authenticateServiceAccount(db: Knex, serviceAccountId: string, secret: string) {
  const account = await serviceAccounts.findCredentials(db, serviceAccountId)
  // The comparison is made for unknown accounts too, so that its time tells nothing.
  const proven = (account?.secret_hashes ?? [Buffer.alloc(32)]).filter(hash => provesSecret(secret, hash))
  if (account === undefined || proven.length === 0)
    throw new ApiError('unauthorized', 'the service account is unknown or disabled, or its secret is wrong')
  const { tenant_id: tenantId, scopes } = account
  return { serviceAccountId: account.service_account_id, tenantId, scopes, secretHash: hashSecret(secret) }
}
