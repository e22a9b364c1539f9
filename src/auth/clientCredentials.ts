import type { Knex } from 'knex'
import { ApiError } from '../errors.ts'
import * as clients from '../store/clients.ts'
import { impliedScopes, SCOPES } from './scopes.ts'
import { provesSecret } from './secrets.ts'

export interface ClientCredentials {
  clientId: string
  secret: string
}

/**
 * The client's credentials, from the body or from HTTP Basic, not from both (RFC 6749, 2.3.1).
 *
 * @throws invalid for both or half of them, unauthorized for none
 */
export function readClientCredentials(
  body: { client_id?: string; client_secret?: string },
  authorization: string | undefined,
): ClientCredentials {
  const basic = readBasic(authorization)
  if (basic === undefined) {
    if (body.client_id === undefined && body.client_secret === undefined) throw unknownClient()
    if (body.client_id === undefined || body.client_secret === undefined) {
      throw new ApiError('invalid', 'client_id and client_secret belong together')
    }
    return { clientId: body.client_id, secret: body.client_secret }
  }
  if (body.client_secret !== undefined)
    throw new ApiError('invalid', 'credentials belong in the header or the body, not in both')
  try {
    return { clientId: decodeURIComponent(basic.clientId), secret: decodeURIComponent(basic.secret) }
  } catch {
    throw unknownClient()
  }
}

/** What HTTP Basic says, percent-encoded still; undefined for any other header. */
export function readBasic(authorization: string | undefined): ClientCredentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [clientId = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return { clientId, secret: secret.join(':') }
}

/** The client that the credentials prove, with the scopes asked for, or all it has. */
export async function authenticateClient(db: Knex, { clientId, secret }: ClientCredentials, scope: string | undefined) {
  const client = clientId.includes('\0') ? undefined : await clients.find(db, clientId)
  // The comparison is made for unknown clients too, so that its time tells nothing.
  const proven = provesSecret(secret, client?.secret_hash ?? Buffer.alloc(32))
  if (client === undefined || !proven) throw unknownClient()
  const scopes = scope?.split(' ').filter(Boolean) ?? client.scopes
  const allowed = impliedScopes(client.scopes)
  const excess = scopes.find(name => !allowed.has(name))
  if (excess !== undefined || scopes.length === 0) {
    // What is no scope at all is not repeated: a description is short and plain ASCII (RFC 6749, 5.2).
    const lacking = SCOPES.find(name => name === excess)
    const message = lacking === undefined ? 'there is no such scope' : `the client does not have the scope ${lacking}`
    throw new ApiError('invalid', message, { details: { error: 'invalid_scope' } })
  }
  return { clientId: client.client_id, tenantId: client.tenant_id, secretHash: client.secret_hash, scopes }
}

const unknownClient = () => new ApiError('unauthorized', 'the client is unknown or its secret is wrong')
