import type { Knex } from 'knex'
import type { ServiceAccountScope } from '../auth/scopes.ts'
import { hashSecret, newSecret } from '../auth/secrets.ts'
import { conflict, notFound } from '../errors.ts'
import * as accessTokens from './accessTokens.ts'
import { instant } from './instant.ts'
import { type Page, type Paging, pageSql, readPage } from './page.ts'
import { isUuid } from './uuid.ts'

/** An account of a program, without its secrets. */
export interface ServiceAccount {
  service_account_id: string
  name: string
  scopes: ServiceAccountScope[]
  status: 'active' | 'disabled'
  created_by: string
  created_at: string
  rotated_at: string | null
  /** Until when the newest of the secrets that were replaced is good; null when none is any more. */
  old_secret_valid_until: string | null
  disabled_at: string | null
}

export type ServiceAccountWithSecret = ServiceAccount & { service_account_secret: string }

/** How long a secret stays good after it was replaced. */
const GRACE = `interval '24 hours'`

const COLUMNS = `
  t.service_account_id, t.name, to_json(t.scopes) as scopes,
  case when t.disabled_at is null then 'active' else 'disabled' end as status,
  t.created_by, ${instant('t.created_at')} as created_at, ${instant('t.rotated_at')} as rotated_at,
  (select ${instant('max(s.expires_at)')} from core.service_account_secrets s
   where s.service_account_id = t.service_account_id and s.expires_at > now() and t.disabled_at is null
  ) as old_secret_valid_until,
  ${instant('t.disabled_at')} as disabled_at`

const LIST = pageSql({
  table: 'core.service_accounts',
  where: 't.tenant_id = :tenant',
  order: 't.name, t.service_account_id',
  columns: COLUMNS,
})

/** The tenant's accounts by name, the disabled ones too. */
export async function list(db: Knex, tenantId: string, paging: Paging): Promise<Page<ServiceAccount>> {
  return readPage(db, LIST, { tenant: tenantId }, paging)
}

/** Enters an account and makes its first secret, which only the answer holds. */
export async function create(
  db: Knex,
  {
    tenantId,
    name,
    scopes,
    createdBy,
  }: { tenantId: string; name: string; scopes: ServiceAccountScope[]; createdBy: string },
): Promise<ServiceAccountWithSecret> {
  return db.transaction(async transaction => {
    const [row] = await transaction('core.service_accounts')
      .insert({ tenant_id: tenantId, name, scopes: [...new Set(scopes)], created_by: createdBy })
      .returning('service_account_id')
    return withNewSecret(transaction, row.service_account_id)
  })
}

/**
 * Gives the account another secret. Each secret that was replaced stays good for 24 hours, and so do all tokens.
 *
 * @throws notFound for another tenant's account, conflict for a disabled one
 */
export async function rotate(db: Knex, tenantId: string, id: string): Promise<ServiceAccountWithSecret> {
  return db.transaction(async transaction => {
    const account = await lock(transaction, tenantId, id)
    if (account.disabled_at !== null) throw conflict('the service account is disabled')
    await transaction('core.service_accounts')
      .where({ service_account_id: id })
      .update({ rotated_at: transaction.fn.now() })
    await transaction('core.service_account_secrets')
      .where({ service_account_id: id, expires_at: null })
      .update({ expires_at: transaction.raw(`now() + ${GRACE}`) })
    return withNewSecret(transaction, id)
  })
}

/** Shuts the account out: its secrets and its tokens are void. Doing it again changes nothing. @throws notFound */
export async function disable(db: Knex, tenantId: string, id: string): Promise<ServiceAccount> {
  return db.transaction(async transaction => {
    const account = await lock(transaction, tenantId, id)
    if (account.disabled_at === null) {
      await transaction('core.service_accounts')
        .where({ service_account_id: id })
        .update({ disabled_at: transaction.fn.now() })
      await accessTokens.revokeOfServiceAccount(transaction, id)
    }
    return read(transaction, id)
  })
}

/** What proves that somebody is the account: the hashes of all secrets that are good now, none when it is disabled. */
export async function findCredentials(
  db: Knex,
  id: string,
): Promise<{ service_account_id: string; tenant_id: string; scopes: string[]; secret_hashes: Buffer[] } | undefined> {
  if (!isUuid(id)) return undefined
  const { rows } = await db.raw(
    `select a.service_account_id, a.tenant_id, a.scopes, array(
       select s.secret_hash from core.service_account_secrets s
       where s.service_account_id = a.service_account_id and (s.expires_at is null or s.expires_at > now())
         and a.disabled_at is null
     ) as secret_hashes
     from core.service_accounts a where a.service_account_id = ?`,
    [id],
  )
  return rows[0]
}

export async function removeOldSecrets(db: Knex): Promise<number> {
  return db('core.service_account_secrets').whereRaw('expires_at < now()').delete()
}

async function lock(db: Knex, tenantId: string, id: string): Promise<{ disabled_at: Date | null }> {
  const account = isUuid(id)
    ? await db('core.service_accounts')
        .first('disabled_at')
        .where({ service_account_id: id, tenant_id: tenantId })
        .forUpdate()
    : undefined
  if (account === undefined) throw notFound('service account')
  return account
}

async function withNewSecret(db: Knex, id: string): Promise<ServiceAccountWithSecret> {
  const secret = newSecret()
  await db('core.service_account_secrets').insert({ service_account_id: id, secret_hash: hashSecret(secret) })
  return { ...(await read(db, id)), service_account_secret: secret }
}

async function read(db: Knex, id: string): Promise<ServiceAccount> {
  const { rows } = await db.raw(`select ${COLUMNS} from core.service_accounts t where t.service_account_id = ?`, [id])
  return rows[0]
}
