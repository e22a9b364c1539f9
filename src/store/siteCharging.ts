import type { Knex } from 'knex'
import type { SiteCharging } from '../ocpp/smartCharging/settings.ts'

/** A site's settings with what they are about. */
export interface StoredSite extends SiteCharging {
  siteId: string
  tenantId: string
  /** The zone of the windows: the settings' own, or the site's. */
  zone: string
}

interface Row {
  site_id: string
  tenant_id: string
  enabled: boolean
  limit_kw: number
  margin_percent: number
  strategy: SiteCharging['strategy']
  priorities: SiteCharging['priorities']
  time_zone: string | null
  windows: SiteCharging['windows']
  prices: SiteCharging['prices']
  connectors: SiteCharging['connectors']
  zone: string
}

const fromRow = (row: Row): StoredSite => ({
  siteId: row.site_id,
  tenantId: row.tenant_id,
  enabled: row.enabled,
  limitKw: row.limit_kw,
  marginPercent: row.margin_percent,
  strategy: row.strategy,
  priorities: row.priorities,
  timeZone: row.time_zone,
  windows: row.windows,
  prices: row.prices,
  connectors: row.connectors,
  zone: row.zone,
})

const SITES = `select c.*, coalesce(c.time_zone, s.time_zone) as zone
  from ocpp.site_charging c join core.sites s on s.site_id = c.site_id and s.tenant_id = c.tenant_id`

/** The settings of a site; undefined when it has none. */
export async function find(db: Knex, siteId: string): Promise<StoredSite | undefined> {
  const { rows } = await db.raw<{ rows: Row[] }>(`${SITES} where c.site_id = ?`, [siteId])
  return rows[0] && fromRow(rows[0])
}

/** A tenant's settings with whether tellus may show what the site's stations tell. */
export interface SiteChargingOfTenant extends StoredSite {
  consent: boolean
}

/** The settings of a tenant's site; undefined for another tenant's, and when nothing was set. */
export async function findOfTenant(
  db: Knex,
  tenantId: string,
  siteId: string,
): Promise<SiteChargingOfTenant | undefined> {
  const { rows } = await db.raw<{ rows: (Row & { consent: boolean })[] }>(
    `select c.*, coalesce(c.time_zone, s.time_zone) as zone, s.ocpp_consent as consent
     from ocpp.site_charging c join core.sites s using (site_id)
     where c.site_id = ? and s.tenant_id = ? and c.tenant_id = s.tenant_id`,
    [siteId, tenantId],
  )
  return rows[0] && { ...fromRow(rows[0]), consent: rows[0].consent }
}

/**
 * Sets a site's settings; what was set before is replaced.
 *
 * @param consent undefined when it is to stay as it is
 * @returns undefined when the site is not the tenant's
 */
export async function set(
  db: Knex,
  tenantId: string,
  siteId: string,
  settings: SiteCharging,
  consent?: boolean,
): Promise<SiteChargingOfTenant | undefined> {
  return db.transaction(async transaction => {
    const { rowCount } = await transaction.raw(
      `update core.sites set ocpp_consent = coalesce(?::boolean, ocpp_consent) where site_id = ? and tenant_id = ?`,
      [consent ?? null, siteId, tenantId],
    )
    if (rowCount === 0) return undefined
    await put(transaction, tenantId, siteId, settings)
    return findOfTenant(transaction, tenantId, siteId)
  })
}

async function put(db: Knex, tenantId: string, siteId: string, settings: SiteCharging): Promise<void> {
  await db('ocpp.site_charging')
    .insert({
      site_id: siteId,
      tenant_id: tenantId,
      enabled: settings.enabled,
      limit_kw: settings.limitKw,
      margin_percent: settings.marginPercent,
      strategy: settings.strategy,
      priorities: JSON.stringify(settings.priorities),
      time_zone: settings.timeZone,
      windows: JSON.stringify(settings.windows),
      prices: settings.prices === null ? null : JSON.stringify(settings.prices),
      connectors: JSON.stringify(settings.connectors),
      updated_at: db.fn.now(),
    })
    .onConflict('site_id')
    .merge()
}

/** Every site that shares its power. */
export async function enabledSites(db: Knex): Promise<string[]> {
  return db('ocpp.site_charging').where({ enabled: true }).pluck('site_id')
}

/** Of these stations and devices, the sites that share their power, and those that have limits in force for them. */
export async function sitesOf(db: Knex, identities: string[], deviceIds: string[]): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { site_id: string }[] }>(
    `select distinct c.site_id from ocpp.stations st left join core.devices d using (device_id)
       join ocpp.site_charging c on c.site_id = coalesce(st.site_id, d.site_id) and c.tenant_id = st.tenant_id
     where st.identity = any(:identities) or st.device_id = any(:deviceIds)
     union
     select g.site_id from ocpp.stations st join ocpp.charging_decisions g using (tenant_id, identity)
     where (st.identity = any(:identities) or st.device_id = any(:deviceIds)) and g.status in ('pending', 'active')`,
    { identities, deviceIds },
  )
  return rows.map(({ site_id }) => site_id)
}

/** The sites that follow one of these market signals. */
export async function sitesByMarketType(db: Knex, types: number[]): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { site_id: string }[] }>(
    `select site_id from ocpp.site_charging
     where enabled and strategy = 'time_of_use' and (prices->>'marketType')::int = any(:types)`,
    { types },
  )
  return rows.map(({ site_id }) => site_id)
}

/** The market signal that is in force, and when the next one begins; undefined where there is none. */
export async function priceAt(
  db: Knex,
  marketType: number,
  at: Date,
): Promise<{ price: number | undefined; nextAt: Date | undefined }> {
  const signal = () => db('flux.market_data').where({ type: marketType })
  const [current, next] = await Promise.all([
    signal().first('value').where('time', '<=', at).orderBy('time', 'desc'),
    signal().first('time').where('time', '>', at).orderBy('time'),
  ])
  return { price: current?.value, nextAt: next?.time }
}
