import type { Knex } from 'knex'
import { hashSecret, newSecret } from '../auth/secrets.ts'
import { conflict, notFound } from '../errors.ts'
import type { StationFacts } from './stationRegistrations.ts'
import { isUuid } from './uuid.ts'

/** SQL for the joins that `SHARED_DEVICE` needs beside the station `s`. */
export const WITH_SHARING = `
  left join core.devices d on d.device_id = s.device_id
  left join core.sites p on p.site_id = d.site_id`

/**
 * SQL for whether the site `p` of a device lets data of its station `s` show on tellus. A device without a site has nobody
 * who consents, but for one that enrolled itself in the demo.
 */
export const CONSENTS = 'coalesce(p.ocpp_consent, s.enrolled, false)'

/**
 * SQL for the device on which the data of the station `s` shows; null where it is linked to none, or where its site does
 * not consent. This is asked when data is written: what was not shared then never is.
 */
export const SHARED_DEVICE = `case when ${CONSENTS} then s.device_id end`

/**
 * SQL for what the device `t` shows of its station beside the link, under the contract's names; null where none shows. Asked
 * when it is read.
 */
export const STATION_OF_DEVICE = `(
  select json_strip_nulls(json_build_object('ocpp_identity', s.identity, 'ocpp_negotiated_features', s.features))
  from ocpp.stations s ${WITH_SHARING} where s.device_id = t.device_id and ${CONSENTS})`

const LONGEST = 64

/** The device on which a station's data shows, if there is one. */
export async function sharedDevice(db: Knex, identity: string): Promise<string | null> {
  const { rows } = await db.raw<{ rows: { device_id: string | null }[] }>(
    `select ${SHARED_DEVICE} as device_id from ocpp.stations s ${WITH_SHARING} where s.identity = ?`,
    [identity],
  )
  return rows[0]?.device_id ?? null
}

/**
 * Links a station of the tenant to a device, or to none. Whichever of the two has no site yet gets the other's.
 *
 * @throws notFound for a station or device that is not the tenant's, conflict when another station is linked to it
 */
export async function linkDevice(db: Knex, tenantId: string, identity: string, deviceId: string | null): Promise<void> {
  await db.transaction(async transaction => {
    const station = await transaction('ocpp.stations')
      .first('site_id')
      .where({ identity, tenant_id: tenantId })
      .forUpdate()
    if (station === undefined) throw notFound('station')
    const site =
      deviceId === null ? station.site_id : await placeTogether(transaction, tenantId, deviceId, station.site_id)
    await transaction('ocpp.stations')
      .where({ identity })
      .update({ device_id: deviceId, site_id: site, updated_at: transaction.fn.now() })
      .catch(refuseTaken)
  })
}

/** A device that stood nowhere, or where its station stood before, stands where that does now: its site has to consent. */
export async function moveDevice(db: Knex, identity: string, formerSite: string | null): Promise<void> {
  await db.raw(
    `update core.devices d set site_id = s.site_id from ocpp.stations s
     where s.identity = :identity and d.device_id = s.device_id and (d.site_id is null or d.site_id = :formerSite)`,
    { identity, formerSite },
  )
}

async function placeTogether(
  db: Knex,
  tenantId: string,
  deviceId: string,
  stationSite: string | null,
): Promise<string | null> {
  const [device] = isUuid(deviceId)
    ? await db('core.devices')
        .where({ device_id: deviceId, tenant_id: tenantId })
        .update({ site_id: db.raw('coalesce(site_id, ?)', [stationSite]) })
        .returning('site_id')
    : []
  if (device === undefined) throw notFound('device')
  return stationSite ?? device.site_id
}

const UNIQUE_VIOLATION = '23505'

function refuseTaken(error: { code?: string }): never {
  throw error.code === UNIQUE_VIOLATION ? conflict('another station is linked to this device') : error
}

/**
 * Makes the device of a station that enrolled itself, once. Its serial number is the station's identity; where a charger
 * has that already, it is not this one, since nobody has proven so, and the identity gets a prefix.
 */
export async function enrollDevice(
  db: Knex,
  identity: string,
  { vendor, model, firmwareVersion }: StationFacts,
): Promise<void> {
  await db.transaction(async transaction => {
    const station = await transaction('ocpp.stations')
      .first('tenant_id', 'site_id')
      .where({ identity, enrolled: true, device_id: null })
      .forUpdate()
    if (station === undefined) return
    for (const sn of [identity, `ocpp:${identity}`]) {
      if (sn.length > LONGEST) return
      const [device] = await transaction('core.devices')
        .insert({
          tenant_id: station.tenant_id,
          site_id: station.site_id,
          sn,
          manufacturer: vendor.slice(0, LONGEST),
          model: model.slice(0, LONGEST),
          firmware_version: (firmwareVersion ?? 'unknown').slice(0, LONGEST),
          // Nobody holds this secret: an operator resets it to take the charger over.
          secret_hash: hashSecret(newSecret()),
        })
        .onConflict('sn')
        .ignore()
        .returning('device_id')
      if (device === undefined) continue
      await transaction('ocpp.stations').where({ identity }).update({ device_id: device.device_id })
      return
    }
  })
}
