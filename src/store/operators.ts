import type { Knex } from 'knex'

export interface Operator {
  id: string
  name: string
  country: string
  status: string
}

const COLUMNS = ['operator_id as id', 'name', 'country', 'status']

/** The operators of a tenant, by name. */
export async function list(db: Knex, tenantId: string): Promise<Operator[]> {
  return db('core.operators').select(COLUMNS).where({ tenant_id: tenantId }).orderBy(['name', 'operator_id'])
}

export async function find(db: Knex, tenantId: string, operatorId: string): Promise<Operator | undefined> {
  return db('core.operators').first(COLUMNS).where({ tenant_id: tenantId, operator_id: operatorId })
}

export async function create(
  db: Knex,
  tenantId: string,
  { id, name, country }: Omit<Operator, 'status'>,
): Promise<void> {
  await db('core.operators').insert({ operator_id: id, tenant_id: tenantId, name, country })
}
