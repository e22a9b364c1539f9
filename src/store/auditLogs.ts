import type { Knex } from 'knex'
import type pg from 'pg'
import { actionUnderway } from '../audit/actionUnderway.ts'
import type { AuditRecord } from '../audit/auditRecord.ts'
import { instant } from './instant.ts'
import { DEFAULT_SIZE } from './page.ts'
import { isUuid } from './uuid.ts'

/** A row of the log as the contract has it. */
export interface AuditLog {
  audit_id: string
  timestamp: string
  actor: string
  action: string
  method: string | null
  path: string | null
  status: number
  device_id: string | null
  request_id: string | null
  address: string | null
  details: Record<string, unknown>
}

export interface AuditFilter {
  actor?: string
  action?: string
  device_id?: string
  /** Inclusive. */
  from?: string
  /** Exclusive. */
  to?: string
  size?: number
  /** Where the page before ended: its `next`. */
  after?: string
}

const insertSql = (records: string) => `
  insert into ops.audit_logs
    (tenant_id, actor, action, method, path, status, device_id, request_id, address, details)
  select "tenantId", actor, action, method, path, status, "deviceId", "requestId", address, details
  from jsonb_to_recordset(${records}::jsonb) as r (
    "tenantId" uuid, actor text, action text, method text, path text, status int, "deviceId" uuid,
    "requestId" text, address text, details jsonb)`

/** Puts an action on record, in the transaction that does it. */
export async function store(transaction: Knex, record: AuditRecord): Promise<void> {
  await transaction.raw(insertSql('?'), [JSON.stringify([record])])
}

/** Puts what is being done now on record before it is done, where no transaction can hold both. */
export async function storeUnderway(db: Knex, tenantId: string, details: Record<string, unknown>): Promise<void> {
  const action = actionUnderway()
  if (action !== undefined) await store(db, { ...action, tenantId, status: 200, deviceId: null, details })
}

/** The same as `store` for what needs no transaction: reads and refusals, many at a time. */
export async function storeAll(pool: pg.Pool, records: AuditRecord[]): Promise<undefined[]> {
  await pool.query({ name: 'store-audit', text: insertSql('$1'), values: [JSON.stringify(records)] })
  return records.map(() => undefined)
}

const LIST = `
  select t.audit_id::text, ${instant('t.at')} as timestamp, t.actor, t.action, t.method, t.path, t.status, t.device_id,
    t.request_id, t.address, t.details,
    cast(extract(epoch from t.at) * 1000000 as bigint) || '_' || t.audit_id as cursor
  from ops.audit_logs t
  where t.tenant_id = :tenant
    and (cast(:actor as text) is null or t.actor = :actor)
    and (cast(:action as text) is null or t.action = :action)
    and (cast(:device as uuid) is null or t.device_id = :device)
    and (cast(:from as timestamptz) is null or t.at >= :from)
    and (cast(:to as timestamptz) is null or t.at < :to)
    and (cast(:afterId as bigint) is null or (t.at, t.audit_id) <
      (timestamptz 'epoch' + cast(:afterTime as bigint) * interval '1 microsecond', cast(:afterId as bigint)))
  order by t.at desc, t.audit_id desc
  limit :limit`

/** The tenant's log, newest first. `next` is where the following page begins; null at the end. */
export async function list(
  db: Knex,
  tenantId: string,
  { actor, action, device_id, from, to, size = DEFAULT_SIZE, after }: AuditFilter,
): Promise<{ items: AuditLog[]; next: string | null }> {
  if (device_id !== undefined && !isUuid(device_id)) return { items: [], next: null }
  const [afterTime = null, afterId = null] = after?.split('_') ?? []
  const { rows } = await db.raw<{ rows: (AuditLog & { cursor: string })[] }>(LIST, {
    tenant: tenantId,
    actor: actor ?? null,
    action: action ?? null,
    device: device_id ?? null,
    from: from ?? null,
    to: to ?? null,
    afterTime,
    afterId,
    // One more than is shown tells whether there is another page.
    limit: size + 1,
  })
  const items = rows.slice(0, size).map(({ cursor: _, ...item }) => item)
  return { items, next: rows.length > size ? rows[size - 1]!.cursor : null }
}

/**
 * Removes what is older than so many days from a tenant's log, and puts that on record. Only the owner of the database
 * may: the server's own role can add to the log and read it. Returns how many rows went.
 */
export async function removeOld(owner: Knex, tenantId: string, days: number): Promise<number> {
  const { rows } = await owner.raw<{ rows: { removed: number }[] }>(
    `with gone as (
       delete from ops.audit_logs where tenant_id = :tenantId and at < now() - :days * interval '1 day' returning 1
     ), counted as (
       select count(*)::int as removed from gone
     ), recorded as (
       insert into ops.audit_logs (tenant_id, actor, action, status, details)
       select :tenantId, 'owner', 'removeAuditLogs', 200, jsonb_build_object('days', :days::int, 'removed', removed)
       from counted
     )
     select removed from counted`,
    { tenantId, days },
  )
  return rows[0]!.removed
}
