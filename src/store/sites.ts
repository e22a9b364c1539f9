import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { conflict, notFound } from '../errors.ts'
import { SHOWN_STATE } from './connectors.ts'
import { instant } from './instant.ts'
import type { Page, Paging } from './page.ts'
import { pageSql, readPage } from './page.ts'
import { placeDevices, requireOperator, type SiteRegistration } from './registration.ts'

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

/** @throws notFound for another tenant's */
export async function get(db: Knex, tenantId: string, siteId: string): Promise<Site> {
  const site = await find(db, tenantId, siteId)
  if (site === undefined) throw notFound('site')
  return site
}

type Facts = Omit<SiteRegistration, 'site_id' | 'device_ids' | 'operator_id'>

/**
 * Enters a site and puts the named chargers on it.
 *
 * @throws conflict when the id is taken, by whatever tenant; notFound for a charger or operator that is not the tenant's
 */
export async function create(
  db: Knex,
  tenantId: string,
  { site_id = randomUUID(), device_ids = [], operator_id, ...facts }: Facts & Partial<SiteRegistration>,
): Promise<Site> {
  return db.transaction(async transaction => {
    if (operator_id !== undefined) await requireOperator(transaction, tenantId, operator_id)
    const { rowCount } = await transaction.raw(
      `insert into core.sites (site_id, tenant_id, operator_id, name, address, postcode, latitude_deg, longitude_deg, power_capacity_kw, time_zone)
       values (:site_id, :tenantId, coalesce(:operator_id, (select min(operator_id) from core.operators where tenant_id = :tenantId)),
         :name, :address, :postcode, :lat, :lng, :power_capacity, coalesce(:timezone, 'UTC'))
       on conflict do nothing`,
      { ...facts, site_id, tenantId, operator_id: operator_id ?? null, timezone: facts.timezone ?? null },
    )
    if (rowCount === 0) throw conflict('this id is taken')
    await placeDevices(transaction, tenantId, site_id, device_ids)
    return get(transaction, tenantId, site_id)
  })
}

/**
 * Changes what is given.
 *
 * @throws notFound for another tenant's site, and for an operator that is not the tenant's
 */
export async function update(
  db: Knex,
  tenantId: string,
  siteId: string,
  change: Partial<Facts> & { operator_id?: string | null },
): Promise<Site> {
  const { name, address, postcode, lat, lng, power_capacity, timezone, operator_id } = change
  return db.transaction(async transaction => {
    if (operator_id != null) await requireOperator(transaction, tenantId, operator_id)
    // What is undefined is left out.
    await transaction('core.sites').where({ site_id: siteId, tenant_id: tenantId }).update({
      name,
      address,
      postcode,
      latitude_deg: lat,
      longitude_deg: lng,
      power_capacity_kw: power_capacity,
      time_zone: timezone,
      operator_id,
      updated_at: transaction.fn.now(),
    })
    return get(transaction, tenantId, siteId)
  })
}
