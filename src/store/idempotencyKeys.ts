import type { Knex } from 'knex'

interface Claim {
  tenantId: string
  caller: string
  key: string
}

interface Earlier {
  request_hash: Buffer
  status: number
  response: unknown
}

/** Claims the key for this transaction, or returns what the request that used it in the last 24 hours got. */
export async function claim(db: Knex, { tenantId, caller, key }: Claim, hash: Buffer): Promise<Earlier | undefined> {
  const { rowCount } = await db.raw(
    `insert into ops.idempotency_keys as k (tenant_id, caller, key, request_hash) values (?, ?, ?, ?)
     on conflict (tenant_id, caller, key) do update
       set request_hash = excluded.request_hash, status = null, response = null, created_at = now()
       where k.created_at < now() - interval '24 hours'`,
    [tenantId, caller, key, hash],
  )
  if (rowCount === 1) return undefined
  return db('ops.idempotency_keys')
    .first('request_hash', 'status', 'response')
    .where({ tenant_id: tenantId, caller, key })
}

export async function complete(
  db: Knex,
  { tenantId, caller, key }: Claim,
  reply: { status: number; body: unknown },
): Promise<void> {
  await db('ops.idempotency_keys')
    .where({ tenant_id: tenantId, caller, key })
    .update({ status: reply.status, response: JSON.stringify(reply.body) })
}

export async function removeOld(db: Knex): Promise<number> {
  return db('ops.idempotency_keys').whereRaw(`created_at < now() - interval '24 hours'`).delete()
}
