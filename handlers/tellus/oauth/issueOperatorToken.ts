import type { Handlers } from '../../../generated/tellus/index.ts'
import { authenticateClient, readClientCredentials } from '../../../src/auth/clientCredentials.ts'
import { tokenReply } from '../../../src/auth/tokenReply.ts'

export const issueOperatorToken: Handlers['issueOperatorToken'] = async ({ db, body, headers, concerns }) => {
  const credentials = readClientCredentials(body, headers.authorization)
  const client = await authenticateClient(db, credentials, body.scope)
  concerns(client.tenantId)
  return tokenReply(db, client, { scope: client.scopes.join(' ') })
}
