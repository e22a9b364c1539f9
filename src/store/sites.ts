import type { Knex } from 'knex'
import { SHOWN_STATE } from './connectors.ts'
import { instant } from './instant.ts'
import type { Page, Paging } from './page.ts'
import { pageSql, readPage } from './page.ts'

/** A site with how many of its connectors are in each state now. `power_capacity` in kW. */
export interface Site {
  site_id: string
  name: string
  address: string
  postcode: string
  location: { lat: number; lng: number }
  operator_id: string | null
  timezone: string
  total_connectors: number
  /** Adds up to `total_connectors`. */
  status_summary: { idle: number; charging: number; discharging: number; fault: number; unavailable: number }
  power_capacity: number
  created_at: string
}

export interface SiteFilter extends Paging {
  operator_id?: string
}

const COLUMNS = `
  t.site_id, t.name, t.address, t.postcode,
  json_build_object('lat', t.latitude_deg, 'lng', t.longitude_deg) as location,
  t.operator_id, t.time_zone as timezone, live.total_connectors, live.status_summary,
  t.power_capacity_kw as power_capacity, ${instant('t.created_at')} as created_at`

/** Whatever is in none of the four other states counts as idle, so that the counts always add up. */
const LIVE = `
  cross join lateral (
    select cast(count(*) as int) as total_connectors, json_build_object(
      'idle', count(*) filter (where shown.state not in ('charging', 'discharging', 'fault', 'unavailable')),
      'charging', count(*) filter (where shown.state = 'charging'),
      'discharging', count(*) filter (where shown.state = 'discharging'),
      'fault', count(*) filter (where shown.state = 'fault'),
      'unavailable', count(*) filter (where shown.state = 'unavailable')
    ) as status_summary
    from core.devices d join core.connectors c on c.device_id = d.device_id
      cross join lateral (select ${SHOWN_STATE} as state) shown
    where d.site_id = t.site_id and d.tenant_id = t.tenant_id
  ) live`

const LIST = pageSql({
  table: 'core.sites',
  where: 't.tenant_id = :tenant and (cast(:operator as text) is null or t.operator_id = :operator)',
  order: 't.name, t.site_id',
  columns: COLUMNS,
  joins: LIVE,
})

/** The tenant's sites by name. */
export async function list(db: Knex, tenantId: string, filter: SiteFilter): Promise<Page<Site>> {
  return readPage(db, LIST, { tenant: tenantId, operator: filter.operator_id ?? null }, filter)
}

export async function find(db: Knex, tenantId: string, siteId: string): Promise<Site | undefined> {
  const { rows } = await db.raw(`select ${COLUMNS} from core.sites t ${LIVE} where t.site_id = ? and t.tenant_id = ?`, [
    siteId,
    tenantId,
  ])
  return rows[0]
}
