import type { Knex } from 'knex'
import { conflict, notFound } from '../errors.ts'
import { instant } from './instant.ts'
import { type Page, type Paging, pageSql, readPage } from './page.ts'
import { isUuid } from './uuid.ts'

/** A version of the firmware of one model. */
export interface FirmwareRelease extends Model, Facts {
  release_id: string
  version: string
  is_latest: boolean
  /** The catalogue is everybody's; what a tenant has created is its own. */
  origin: 'catalogue' | 'own'
  created_at: string
  updated_at: string
}

interface Model {
  manufacturer: string
  model: string
}

interface Facts {
  notes: string | null
  download_url: string | null
  sha256: string | null
}

export interface NewFirmwareRelease extends Model, Partial<Facts> {
  version: string
  is_latest?: boolean
}

const COLUMNS = `
  t.release_id, t.manufacturer, t.model, t.version, t.is_latest, t.notes, t.download_url, t.sha256,
  case when t.tenant_id is null then 'catalogue' else 'own' end as origin,
  ${instant('t.created_at')} as created_at, ${instant('t.updated_at')} as updated_at`

const VISIBLE = '(t.tenant_id = :tenant or t.tenant_id is null)'

const LIST = pageSql({
  table: 'core.firmware_releases',
  where: `${VISIBLE}
    and (cast(:manufacturer as text) is null or t.manufacturer = :manufacturer)
    and (cast(:model as text) is null or t.model = :model)`,
  order: 't.manufacturer, t.model, t.created_at desc, t.release_id',
  columns: COLUMNS,
})

/** The catalogue and the tenant's own, by model, the newest first. */
export async function list(
  db: Knex,
  tenantId: string,
  { manufacturer = null, model = null, ...paging }: Paging & { manufacturer?: string | null; model?: string | null },
): Promise<Page<FirmwareRelease>> {
  return readPage(db, LIST, { tenant: tenantId, manufacturer, model }, paging)
}

/** @throws notFound for one that is another tenant's */
export async function get(db: Knex, tenantId: string, id: string): Promise<FirmwareRelease> {
  const { rows } = isUuid(id)
    ? await db.raw(`select ${COLUMNS} from core.firmware_releases t where t.release_id = :id and ${VISIBLE}`, {
        id,
        tenant: tenantId,
      })
    : { rows: [] }
  if (rows.length === 0) throw notFound('release')
  return rows[0]
}

/** @throws conflict when the tenant has the version already */
export async function create(db: Knex, tenantId: string, release: NewFirmwareRelease): Promise<FirmwareRelease> {
  const { manufacturer, model, version, is_latest = false, notes, download_url, sha256 } = release
  return db.transaction(async transaction => {
    if (is_latest) await takeMark(transaction, tenantId, release)
    const [entered] = await transaction('core.firmware_releases')
      .insert({ tenant_id: tenantId, manufacturer, model, version, is_latest, notes, download_url, sha256 })
      .onConflict(['manufacturer', 'model', 'version', 'tenant_id'])
      .ignore()
      .returning('release_id')
    if (entered === undefined) throw conflict('there is a release of this version')
    return get(transaction, tenantId, entered.release_id)
  })
}

/** Changes what is given. @throws notFound for one that is another tenant's, conflict for one of the catalogue */
export async function update(
  db: Knex,
  tenantId: string,
  id: string,
  { is_latest, notes, download_url, sha256 }: Partial<Facts> & { is_latest?: boolean },
): Promise<FirmwareRelease> {
  return db.transaction(async transaction => {
    const release = await get(transaction, tenantId, id)
    if (release.origin === 'catalogue') throw conflict('a release of the catalogue cannot be changed')
    if (is_latest === true) await takeMark(transaction, tenantId, release)
    // What is undefined is left out.
    await transaction('core.firmware_releases')
      .where({ release_id: id, tenant_id: tenantId })
      .update({ is_latest, notes, download_url, sha256, updated_at: transaction.fn.now() })
    return get(transaction, tenantId, id)
  })
}

/** One after the other: whoever comes second takes the mark from the first. */
async function takeMark(transaction: Knex, tenantId: string, { manufacturer, model }: Model): Promise<void> {
  await transaction.raw(`select pg_advisory_xact_lock(hashtextextended(?, 0))`, [
    JSON.stringify(['latest firmware', tenantId, manufacturer, model]),
  ])
  await transaction('core.firmware_releases')
    .where({ tenant_id: tenantId, manufacturer, model, is_latest: true })
    .update({ is_latest: false, updated_at: transaction.fn.now() })
}
