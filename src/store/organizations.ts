import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { conflict, notFound } from '../errors.ts'
import { type Page, type Paging, pageSql, readPage } from './page.ts'

/** A brand of a tenant. Chargers and consoles know it as an operator. */
export interface Organization {
  organization_id: string
  name: string
  country: string
  status: string
}

const COLUMNS = 't.operator_id as organization_id, t.name, t.country, t.status'

const LIST = pageSql({
  table: 'core.operators',
  where: 't.tenant_id = :tenant',
  order: 't.name, t.operator_id',
  columns: COLUMNS,
})

/** The tenant's organizations by name. */
export async function list(db: Knex, tenantId: string, paging: Paging): Promise<Page<Organization>> {
  return readPage(db, LIST, { tenant: tenantId }, paging)
}

/** @throws notFound for another tenant's */
export async function get(db: Knex, tenantId: string, id: string): Promise<Organization> {
  const { rows } = await db.raw(`select ${COLUMNS} from core.operators t where t.operator_id = ? and t.tenant_id = ?`, [
    id,
    tenantId,
  ])
  if (rows.length === 0) throw notFound('organization')
  return rows[0]
}

/** @throws conflict when the id is taken, by whatever tenant */
export async function create(
  db: Knex,
  tenantId: string,
  { organization_id = randomUUID(), ...facts }: Pick<Organization, 'name' | 'country'> & Partial<Organization>,
): Promise<Organization> {
  const { name, country, status = 'active' } = facts
  const entered = await db('core.operators')
    .insert({ operator_id: organization_id, tenant_id: tenantId, name, country, status })
    .onConflict('operator_id')
    .ignore()
    .returning('operator_id')
  if (entered.length === 0) throw conflict('this id is taken')
  return get(db, tenantId, organization_id)
}

/** Changes what is given. @throws notFound for another tenant's */
export async function update(
  db: Knex,
  tenantId: string,
  id: string,
  { name, country, status }: Partial<Organization>,
): Promise<Organization> {
  await db.raw(
    `update core.operators set name = coalesce(:name, name), country = coalesce(:country, country),
       status = coalesce(:status, status)
     where operator_id = :id and tenant_id = :tenantId`,
    { id, tenantId, name: name ?? null, country: country ?? null, status: status ?? null },
  )
  return get(db, tenantId, id)
}
