import type { Knex } from 'knex'
import { ApiError } from '../errors.ts'
import * as serviceAccounts from '../store/serviceAccounts.ts'
import { hashSecret, provesSecret } from './secrets.ts'

/**
 * The service account that the secret proves.
 *
 * @param claim told whose account it is said to be, when there is such an account, before the secret is looked at
 * @throws unauthorized, the same for an unknown or disabled account as for a wrong secret
 */
export async function authenticateServiceAccount(
  db: Knex,
  serviceAccountId: string,
  secret: string,
  claim: (tenantId: string, serviceAccountId: string) => void,
) {
  const account = await serviceAccounts.findCredentials(db, serviceAccountId)
  if (account !== undefined) claim(account.tenant_id, account.service_account_id)
  const hashes = account?.secret_hashes ?? []
  // The comparison is made for unknown accounts too, so that its time tells nothing.
  const proven = (hashes.length > 0 ? hashes : [Buffer.alloc(32)]).filter(hash => provesSecret(secret, hash))
  if (account === undefined || proven.length === 0)
    throw new ApiError('unauthorized', 'the service account is unknown or disabled, or its secret is wrong')
  const { tenant_id: tenantId, scopes } = account
  return { serviceAccountId: account.service_account_id, tenantId, scopes, secretHash: hashSecret(secret) }
}
