import type { Knex } from 'knex'

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
