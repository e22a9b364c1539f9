import type { Knex } from 'knex'

export interface AccessToken {
  tenant_id: string
  device_id: string | null
  client_id: string | null
  scopes: string[]
  expires_at: Date
}

/** Every access token is good for 24 hours, in seconds. */
export const LIFETIME_SECONDS = 86_400

export async function find(db: Knex, hash: Buffer): Promise<AccessToken | undefined> {
  return db('core.access_tokens')
    .first('tenant_id', 'device_id', 'client_id', 'scopes', 'expires_at')
    .where({ token_hash: hash, revoked_at: null })
}

type Holder = { tenantId: string; deviceId: string } | { tenantId: string; clientId: string; scopes: string[] }

export async function issue(db: Knex, hash: Buffer, holder: Holder): Promise<void> {
  await db('core.access_tokens').insert({
    token_hash: hash,
    tenant_id: holder.tenantId,
    device_id: 'deviceId' in holder ? holder.deviceId : null,
    client_id: 'clientId' in holder ? holder.clientId : null,
    scopes: 'scopes' in holder ? holder.scopes : [],
    expires_at: db.raw(`now() + ? * interval '1 second'`, [LIFETIME_SECONDS]),
  })
}

export async function revokeOfDevice(db: Knex, deviceId: string): Promise<void> {
  await db('core.access_tokens').where({ device_id: deviceId, revoked_at: null }).update({ revoked_at: db.fn.now() })
}

/** Tokens are kept for a day after their end, so that a late caller hears "expired" and not "unknown". */
export async function removeOld(db: Knex): Promise<number> {
  return db('core.access_tokens').whereRaw(`expires_at < now() - interval '1 day'`).delete()
}
