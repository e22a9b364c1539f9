import type { Knex } from 'knex'
import { instant } from './instant.ts'
import type { Page, Paging } from './page.ts'
import { pageSql, readPage } from './page.ts'

/** The settings that chargers of one model are meant to have. */
export interface ConfigurationProfile {
  profile_id: string
  name: string
  manufacturer: string
  model: string
  version: string
  settings: Record<string, unknown>
  updated_at: string
}

const LIST = pageSql({
  table: 'core.configuration_profiles',
  where: 't.tenant_id = :tenant',
  order: 't.name, t.profile_id',
  columns: `t.profile_id, t.name, t.manufacturer, t.model, t.version, t.settings, ${instant('t.updated_at')} as updated_at`,
})

/** The tenant's profiles by name. */
export async function list(db: Knex, tenantId: string, paging: Paging): Promise<Page<ConfigurationProfile>> {
  return readPage(db, LIST, { tenant: tenantId }, paging)
}
