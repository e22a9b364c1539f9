import type { Knex } from 'knex'
import { notFound } from '../errors.ts'
import { instant } from './instant.ts'
import type { Page, Paging } from './page.ts'
import { pageSql, readPage } from './page.ts'
import { isUuid } from './uuid.ts'

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

const COLUMNS = `t.profile_id, t.name, t.manufacturer, t.model, t.version, t.settings, ${instant('t.updated_at')} as updated_at`

/** The next number, or a new label after one that is no number. */
const NEXT_VERSION = `
  case when version ~ '^[0-9]{1,17}$' then cast(cast(version as bigint) + 1 as text)
    else cast(gen_random_uuid() as text) end`

const LIST = pageSql({
  table: 'core.configuration_profiles',
  where: 't.tenant_id = :tenant',
  order: 't.name, t.profile_id',
  columns: COLUMNS,
})

/** The tenant's profiles by name. */
export async function list(db: Knex, tenantId: string, paging: Paging): Promise<Page<ConfigurationProfile>> {
  return readPage(db, LIST, { tenant: tenantId }, paging)
}

export type ProfileFacts = Omit<ConfigurationProfile, 'profile_id' | 'version' | 'updated_at'> & { version?: string }

/** @throws notFound for another tenant's */
export async function get(db: Knex, tenantId: string, id: string): Promise<ConfigurationProfile> {
  const { rows } = isUuid(id)
    ? await db.raw(`select ${COLUMNS} from core.configuration_profiles t where t.profile_id = ? and t.tenant_id = ?`, [
        id,
        tenantId,
      ])
    : { rows: [] }
  if (rows.length === 0) throw notFound('profile')
  return rows[0]
}

export async function create(
  db: Knex,
  tenantId: string,
  { name, manufacturer, model, settings, version = '1' }: ProfileFacts,
): Promise<ConfigurationProfile> {
  const [entered] = await db('core.configuration_profiles')
    .insert({ tenant_id: tenantId, name, manufacturer, model, version, settings: JSON.stringify(settings) })
    .returning('profile_id')
  return get(db, tenantId, entered.profile_id)
}

/** Changes what is given, and the version in any case. @throws notFound for another tenant's */
export async function update(
  db: Knex,
  tenantId: string,
  id: string,
  { name, manufacturer, model, settings, version }: Partial<ProfileFacts>,
): Promise<ConfigurationProfile> {
  if (isUuid(id))
    // What is undefined is left out.
    await db('core.configuration_profiles')
      .where({ profile_id: id, tenant_id: tenantId })
      .update({
        name,
        manufacturer,
        model,
        settings: settings === undefined ? undefined : JSON.stringify(settings),
        version: version ?? db.raw(NEXT_VERSION),
        updated_at: db.fn.now(),
      })
  return get(db, tenantId, id)
}
