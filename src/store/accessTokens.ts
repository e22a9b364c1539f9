import type { Knex } from 'knex'

export interface AccessToken {
  tenant_id: string
  device_id: string | null
  client_id: string | null
  service_account_id: string | null
  scopes: string[]
  expires_at: Date
}

/** How long a token is good that nobody asks to be good for longer, in seconds. */
export const LIFETIME_SECONDS = 86_400

export async function find(db: Knex, hash: Buffer): Promise<AccessToken | undefined> {
  return db('core.access_tokens as t')
    .leftJoin('core.clients as c', 'c.client_id', 't.client_id')
    .leftJoin('core.service_accounts as s', 's.service_account_id', 't.service_account_id')
    .first('t.tenant_id', 't.device_id', 't.client_id', 't.service_account_id', 't.scopes', 't.expires_at')
    .where({ 't.token_hash': hash, 't.revoked_at': null, 'c.revoked_at': null, 's.disabled_at': null })
}

/** Who has proven a secret, by what of it is stored. */
export type Holder = { secretHash: Buffer } & (
  | { deviceId: string }
  | { clientId: string; scopes: string[] }
  | { serviceAccountId: string; scopes: string[] }
)

/** Columns of a token that tell whose it is, from the holder's row where the secret is still good. */
const HOLDERS = {
  device: `device_id, null::text, null::uuid, '{}'::text[] from core.devices
    where device_id = :id and secret_reset_at is null and secret_hash = :secretHash`,
  client: `null::uuid, client_id, null::uuid, :scopes::text[] from core.clients
    where client_id = :id and revoked_at is null and secret_hash = :secretHash`,
  serviceAccount: `null::uuid, null::text, service_account_id, :scopes::text[] from core.service_accounts a
    where service_account_id = :id and disabled_at is null and exists (
      select from core.service_account_secrets s where s.service_account_id = a.service_account_id
        and s.secret_hash = :secretHash and (s.expires_at is null or s.expires_at > now()))`,
}

/**
 * Issues a token, if the secret that was proven is still the holder's. The holder's row is locked, so a reset comes
 * before this and is seen, or after it and finds the token.
 *
 * @returns false when the secret was reset, or the client or account shut out, meanwhile
 */
export async function issue(db: Knex, hash: Buffer, holder: Holder, seconds = LIFETIME_SECONDS): Promise<boolean> {
  const [from, values] =
    'deviceId' in holder
      ? [HOLDERS.device, { id: holder.deviceId }]
      : 'clientId' in holder
        ? [HOLDERS.client, { id: holder.clientId, scopes: holder.scopes }]
        : [HOLDERS.serviceAccount, { id: holder.serviceAccountId, scopes: holder.scopes }]
  const { rowCount } = await db.raw(
    `with holder as (select tenant_id, ${from} for share)
     insert into core.access_tokens
       (token_hash, tenant_id, device_id, client_id, service_account_id, scopes, expires_at)
     select :hash, holder.*, now() + :seconds * interval '1 second' from holder`,
    { hash, secretHash: holder.secretHash, seconds, ...values },
  )
  return rowCount === 1
}

export const revokeOfDevice = (db: Knex, deviceId: string): Promise<void> => revoke(db, { device_id: deviceId })

export const revokeOfClient = (db: Knex, clientId: string): Promise<void> => revoke(db, { client_id: clientId })

export const revokeOfServiceAccount = (db: Knex, serviceAccountId: string): Promise<void> =>
  revoke(db, { service_account_id: serviceAccountId })

async function revoke(db: Knex, holder: Record<string, string>): Promise<void> {
  await db('core.access_tokens')
    .where({ ...holder, revoked_at: null })
    .update({ revoked_at: db.fn.now() })
}

/** Tokens are kept for a day after their end, so that a late caller hears "expired" and not "unknown". */
export async function removeOld(db: Knex): Promise<number> {
  return db('core.access_tokens').whereRaw(`expires_at < now() - interval '1 day'`).delete()
}
