import type { Knex } from 'knex'
import { type List, type Listing, readList } from './boardLists.ts'

/** A tag or token of a driver, by which a tenant lets charge. */
export interface IdTag {
  idTag: string
  status: 'Accepted' | 'Blocked'
  expiresAt: Date | null
  /** The group that it belongs to. */
  parentIdTag: string | null
}

/** Whether a tag may charge; a tag that nobody knows has neither expiry nor parent. */
export interface Authorization {
  status: 'Accepted' | 'Blocked' | 'Expired' | 'Unknown'
  expiresAt: Date | null
  parentIdTag: string | null
}

const COLUMNS = {
  idTag: 'id_tag',
  status: 'status',
  expiresAt: 'expires_at',
  parentIdTag: 'parent_id_tag',
}

/**
 * Looks a tag up, whatever its case. One that was made for a remote start is `Accepted`, and so is an unknown one where the
 * tenant has set so.
 */
export async function check(db: Knex, tenantId: string, idTag: string): Promise<Authorization> {
  const { rows } = await db.raw<{ rows: [Authorization] }>(
    `select
       case when t.id_tag is null and exists (
           select from ocpp.remote_starts r
           where r.tenant_id = asked.tenant_id and lower(r.id_tag) = lower(:idTag) and r.is_own_tag) then 'Accepted'
         when t.id_tag is null then case s.unknown_id_tags when 'accept' then 'Accepted' else 'Unknown' end
         when t.status = 'Blocked' then 'Blocked' when t.expires_at <= now() then 'Expired' else 'Accepted' end as status,
       t.expires_at as "expiresAt", t.parent_id_tag as "parentIdTag"
     from (select :tenantId::uuid as tenant_id) as asked
     left join ocpp.id_tags t on t.tenant_id = asked.tenant_id and lower(t.id_tag) = lower(:idTag)
     left join ocpp.tenant_settings s on s.tenant_id = asked.tenant_id`,
    { tenantId, idTag },
  )
  return rows[0]
}

/** Tags of a tenant in the order of their names. */
export async function list(db: Knex, tenantId: string, listing: Listing): Promise<List<IdTag>> {
  const rows = db('ocpp.id_tags').where({ tenant_id: tenantId })
  const columns = Object.entries(COLUMNS).map(([name, column]) => `${column} as ${name}`)
  return readList(db, rows, { columns, order: 'id_tag' }, listing)
}

/** Enters a tag or replaces what was known of it. @returns whether it is new */
export async function put(db: Knex, tenantId: string, tag: IdTag): Promise<boolean> {
  const { rows } = await db.raw<{ rows: [{ created: boolean }] }>(
    `insert into ocpp.id_tags (tenant_id, id_tag, status, expires_at, parent_id_tag)
     values (:tenantId, :idTag, :status, :expiresAt, :parentIdTag)
     on conflict (tenant_id, lower(id_tag)) do update set
       status = excluded.status, expires_at = excluded.expires_at, parent_id_tag = excluded.parent_id_tag,
       updated_at = now()
     returning xmax = 0 as created`,
    { tenantId, ...tag },
  )
  return rows[0].created
}

/** Forgets a tag. @returns whether there was one */
export async function remove(db: Knex, tenantId: string, idTag: string): Promise<boolean> {
  const removed = await db('ocpp.id_tags')
    .where({ tenant_id: tenantId })
    .whereRaw('lower(id_tag) = lower(?)', [idTag])
    .delete()
  return removed > 0
}

/** Says whether a tenant's stations let tags charge that are not on its list. */
export async function setUnknown(db: Knex, tenantId: string, unknown: 'accept' | 'reject'): Promise<void> {
  await db('ocpp.tenant_settings')
    .insert({ tenant_id: tenantId, unknown_id_tags: unknown })
    .onConflict('tenant_id')
    .merge(['unknown_id_tags'])
}
