import type { Handlers } from '../../../generated/tellus/index.ts'
import { authenticateServiceAccount } from '../../../src/auth/serviceAccountCredentials.ts'
import { tokenReply } from '../../../src/auth/tokenReply.ts'

export const issueServiceAccountToken: Handlers['issueServiceAccountToken'] = async call => {
  const { db, body, config, guesses, address, concerns } = call
  const { service_account_id: id, service_account_secret: secret } = body
  const keys = [`account ${id.toLowerCase()}`, `address ${address}`]
  const account = await guesses.attempt(keys, () => authenticateServiceAccount(db, id, secret, concerns))
  return tokenReply(db, account, { scope: account.scopes.join(' ') }, config.serviceAccountTokenSeconds)
}
