import type { Knex } from 'knex'
import * as accessTokens from './accessTokens.ts'

export interface Client {
  client_id: string
  tenant_id: string
  secret_hash: Buffer
  scopes: string[]
}

export async function find(db: Knex, clientId: string): Promise<Client | undefined> {
  return db('core.clients')
    .first('client_id', 'tenant_id', 'secret_hash', 'scopes')
    .where({ client_id: clientId, revoked_at: null })
}

export async function create(db: Knex, client: Client & { name: string }): Promise<void> {
  await db('core.clients').insert(client)
}

/** Shuts the client out: its secret and its tokens are void, in every process. Returns whether there was such a client. */
export async function revoke(db: Knex, clientId: string): Promise<boolean> {
  return db.transaction(async transaction => {
    const revoked = await transaction('core.clients')
      .where({ client_id: clientId, revoked_at: null })
      .update({ revoked_at: transaction.fn.now() })
    // The feed tells every process of tokens, which it keeps, and not of clients.
    await accessTokens.revokeOfClient(transaction, clientId)
    return revoked === 1
  })
}
