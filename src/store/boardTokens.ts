import type { Knex } from 'knex'

/** Stores a token of the board of a tenant by its hash. */
export async function create(db: Knex, token: { hash: Buffer; tenantId: string; userName: string }): Promise<void> {
  await db('ocpp.board_tokens').insert({
    token_hash: token.hash,
    tenant_id: token.tenantId,
    user_name: token.userName,
  })
}

/** Whose token it is. */
export async function find(db: Knex, hash: Buffer): Promise<{ tenantId: string; userName: string } | undefined> {
  const row = await db('ocpp.board_tokens').first('tenant_id', 'user_name').where({ token_hash: hash })
  return row && { tenantId: row.tenant_id, userName: row.user_name }
}
