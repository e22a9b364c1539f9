import type { Knex } from 'knex'
import type { Page, Paging } from './page.ts'

/** How many chargers run the latest version of their model, as a number and in % with one decimal. */
export interface Adoption {
  total_devices: number
  on_latest: number
  adoption_percentage: number
}

export interface ModelAdoption extends Adoption {
  model: string
  manufacturer: string
  /** The tenant's own, else the catalogue's; null for a model of which neither marks one. */
  latest_version: string | null
  /** The most used first. */
  versions: { version: string; count: number }[]
}

const adoption = (total: string, onLatest: string) => `
  cast(coalesce(${total}, 0) as int) as total_devices, cast(coalesce(${onLatest}, 0) as int) as on_latest,
  cast(coalesce(round(100.0 * ${onLatest} / nullif(${total}, 0), 1), 0) as float8) as adoption_percentage`

const SQL = `
  with versions as (
    select manufacturer, model, firmware_version as version, count(*) as count
    from core.devices where tenant_id = :tenant group by manufacturer, model, firmware_version
  ), models as (
    select v.manufacturer, v.model, f.version as latest_version, sum(v.count) as total,
      coalesce(sum(v.count) filter (where v.version = f.version), 0) as latest,
      json_agg(json_build_object('version', v.version, 'count', v.count) order by v.count desc, v.version) as versions
    from versions v
    left join lateral (
      select r.version from core.firmware_releases r
      where r.manufacturer = v.manufacturer and r.model = v.model and r.is_latest
        and (r.tenant_id = :tenant or r.tenant_id is null)
      order by r.tenant_id nulls last limit 1
    ) f on true
    group by v.manufacturer, v.model, f.version
  )
  select
    (select cast(count(*) as int) from models) as total,
    (select row_to_json(fleet) from (select ${adoption('sum(total)', 'sum(latest)')} from models) fleet) as summary,
    (select coalesce(json_agg(item), '[]') from (
      select model, manufacturer, latest_version, ${adoption('total', 'latest')}, versions
      from models order by manufacturer, model
      limit cast(:size as int) offset (:page - 1) * coalesce(cast(:size as int), (select count(*) from models))
    ) item) as items`

/** Firmware of the tenant's chargers by manufacturer and model, all on one page without a size; the summary is of all pages. */
export async function listAdoption(
  db: Knex,
  tenantId: string,
  { page = 1, size }: Paging,
): Promise<Page<ModelAdoption> & { summary: Adoption }> {
  const { rows } = await db.raw(SQL, { tenant: tenantId, page, size: size ?? null })
  const [{ items, total, summary }] = rows
  return { items, total, page, size: size ?? total, summary }
}
