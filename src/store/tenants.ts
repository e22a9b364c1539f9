import type { Knex } from 'knex'

export async function findBySlug(db: Knex, slug: string): Promise<string | undefined> {
  const row = await db('core.tenants').first('tenant_id').where({ slug })
  return row?.tenant_id
}

export async function create(db: Knex, tenant: { slug: string; name: string }): Promise<string> {
  const [row] = await db('core.tenants').insert(tenant).returning('tenant_id')
  return row.tenant_id
}

export async function list(db: Knex): Promise<{ tenant_id: string; slug: string; name: string }[]> {
  return db('core.tenants').select('tenant_id', 'slug', 'name').orderBy('slug')
}
