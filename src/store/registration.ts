import type { Knex } from 'knex'
import { hashSecret, newSecret, provesSecret } from '../auth/secrets.ts'
import { conflict, notFound } from '../errors.ts'
import * as accessTokens from './accessTokens.ts'
import { isUuid } from './uuid.ts'

export interface Registration {
  sn: string
  model: string
  manufacturer: string
  firmware_version: string
  mac?: string
  /** The charger's present secret, which proves that the serial number is its own. */
  device_secret?: string
}

/**
 * Enters a charger, with the connectors that its model is known to have, and returns its id and new secret.
 *
 * @throws conflict when the serial number is taken and neither proven nor reset by its operator; the message names no id
 */
export async function register(
  db: Knex,
  tenantId: string,
  registration: Registration,
): Promise<{ deviceId: string; secret: string }> {
  const secret = newSecret()
  const { sn, model, manufacturer, firmware_version, mac, device_secret: present } = registration
  const facts = { sn, model, manufacturer, firmware_version, mac: mac ?? null }
  return db.transaction(async transaction => {
    const [entered] = await transaction('core.devices')
      .insert({ ...facts, tenant_id: tenantId, secret_hash: hashSecret(secret) })
      .onConflict('sn')
      .ignore()
      .returning('device_id')
    if (entered !== undefined) {
      await enterConnectors(transaction, entered.device_id)
      return { deviceId: entered.device_id, secret }
    }
    const known = await transaction('core.devices')
      .first('device_id', 'tenant_id', 'secret_hash', 'secret_reset_at')
      .where({ sn })
      .forUpdate()
    const proven = present !== undefined && provesSecret(present, known.secret_hash)
    if (known.tenant_id !== tenantId || !(proven || known.secret_reset_at !== null)) {
      throw conflict('this serial number is registered already')
    }
    await transaction('core.devices')
      .where({ device_id: known.device_id })
      .update({ ...facts, secret_hash: hashSecret(secret), secret_reset_at: null })
    await enterConnectors(transaction, known.device_id)
    await accessTokens.revokeOfDevice(transaction, known.device_id)
    return { deviceId: known.device_id, secret }
  })
}

async function enterConnectors(db: Knex, deviceId: string): Promise<void> {
  await db.raw(
    `insert into core.connectors (device_id, connector_id)
     select d.device_id, n from core.devices d
     join core.device_models m using (manufacturer, model), generate_series(1, m.connector_count) n
     where d.device_id = ?
     on conflict do nothing`,
    [deviceId],
  )
}

/** The charger that id and secret belong to, or undefined. */
export async function authenticate(
  db: Knex,
  deviceId: string,
  secret: string,
): Promise<{ deviceId: string; tenantId: string; secretHash: Buffer } | undefined> {
  const device = isUuid(deviceId)
    ? await db('core.devices')
        .first('device_id', 'tenant_id', 'secret_hash', 'secret_reset_at')
        .where({ device_id: deviceId })
    : undefined
  // The comparison is made for unknown chargers too, so that its time tells nothing.
  const proven = provesSecret(secret, device?.secret_hash ?? Buffer.alloc(32))
  return device !== undefined && proven && device.secret_reset_at === null
    ? { deviceId: device.device_id, tenantId: device.tenant_id, secretHash: device.secret_hash }
    : undefined
}

/** Voids a charger's secret and tokens, so that it may register its serial number again without proof. */
export async function resetSecret(
  db: Knex,
  tenantId: string,
  deviceId: string,
): Promise<{ device_id: string; reset_at: string }> {
  return db.transaction(async transaction => {
    const [device] = isUuid(deviceId)
      ? await transaction('core.devices')
          .where({ device_id: deviceId, tenant_id: tenantId })
          .update({ secret_reset_at: transaction.fn.now() })
          .returning(['device_id', 'secret_reset_at'])
      : []
    if (device === undefined) throw notFound('device')
    await accessTokens.revokeOfDevice(transaction, device.device_id)
    return { device_id: device.device_id, reset_at: device.secret_reset_at.toISOString() }
  })
}

export interface SiteRegistration {
  site_id: string
  name: string
  address: string
  postcode: string
  /** degrees */
  lat: number
  /** degrees */
  lng: number
  /** kW */
  power_capacity: number
  device_ids: string[]
  operator_id?: string
  timezone?: string
}

/**
 * Enters a site of the tenant, or updates it, and puts the named chargers on it.
 *
 * @throws notFound for a charger or operator that is not the tenant's, conflict when the site is another tenant's
 */
export async function registerSite(db: Knex, tenantId: string, site: SiteRegistration): Promise<void> {
  await db.transaction(async transaction => {
    if (site.operator_id !== undefined) await requireOperator(transaction, tenantId, site.operator_id)
    const { rowCount } = await transaction.raw(
      `insert into core.sites as s (site_id, tenant_id, operator_id, name, address, postcode, latitude_deg, longitude_deg, power_capacity_kw, time_zone)
       values (:site_id, :tenantId, coalesce(:operator_id, (select min(operator_id) from core.operators where tenant_id = :tenantId)),
         :name, :address, :postcode, :lat, :lng, :power_capacity, coalesce(:timezone, 'UTC'))
       on conflict (site_id) do update set name = excluded.name, address = excluded.address, postcode = excluded.postcode,
         operator_id = coalesce(:operator_id, s.operator_id), latitude_deg = excluded.latitude_deg, longitude_deg = excluded.longitude_deg,
         power_capacity_kw = excluded.power_capacity_kw, time_zone = coalesce(:timezone, s.time_zone), updated_at = now()
       where s.tenant_id = excluded.tenant_id`,
      { ...site, tenantId, operator_id: site.operator_id ?? null, timezone: site.timezone ?? null },
    )
    if (rowCount === 0) throw conflict('this site is registered already')
    await placeDevices(transaction, tenantId, site.site_id, site.device_ids)
  })
}

/** @throws notFound for an operator that is not the tenant's */
export async function requireOperator(db: Knex, tenantId: string, operatorId: string): Promise<void> {
  const operator = await db('core.operators')
    .first('operator_id')
    .where({ operator_id: operatorId, tenant_id: tenantId })
  if (operator === undefined) throw notFound('operator')
}

/** Puts chargers on a site, or on none, with the stations that are where they were. @throws notFound for one that is not the tenant's */
export async function placeDevices(
  db: Knex,
  tenantId: string,
  siteId: string | null,
  deviceIds: string[],
): Promise<void> {
  const ids = [...new Set(deviceIds.map(id => id.toLowerCase()))]
  if (ids.every(isUuid)) await placeStations(db, tenantId, siteId, ids)
  const placed = ids.every(isUuid)
    ? await db('core.devices').whereIn('device_id', ids).andWhere({ tenant_id: tenantId }).update({ site_id: siteId })
    : -1
  if (placed !== ids.length) throw notFound('device')
}

/** Every row is written, also of a station with a site of its own, so that the feed tells that something has moved. */
async function placeStations(db: Knex, tenantId: string, siteId: string | null, deviceIds: string[]): Promise<void> {
  await db.raw(
    `update ocpp.stations s set updated_at = now(),
       site_id = case when s.site_id is not distinct from d.site_id then :siteId else s.site_id end
     from core.devices d
     where d.device_id = any(:deviceIds::uuid[]) and d.tenant_id = :tenantId
       and s.device_id = d.device_id and s.tenant_id = d.tenant_id`,
    { siteId, tenantId, deviceIds },
  )
}
