import type { Knex } from 'knex'
import { hashSecret, newPassword } from '../auth/secrets.ts'
import { conflict, invalid, notFound } from '../errors.ts'
import { isIdentity } from '../ocpp/handshake.ts'
import * as boardStations from '../store/boardStations.ts'
import * as stations from '../store/ocppStations.ts'
import { linkDevice, moveDevice } from '../store/stationDevices.ts'

export interface StationInput {
  siteId?: string | null
  deviceId?: string | null
  validation?: boardStations.StationRow['validation']
  rotate?: boolean
}

interface Set {
  station: boardStations.StationRow
  isNew: boolean
  /** To be shown once; undefined where it stays as it was. */
  password: string | undefined
}

/**
 * Makes a station of the tenant, or changes one: all or nothing.
 *
 * @throws conflict when the identity is another tenant's or another station has the device, notFound for a site or device
 * that is not the tenant's, invalid for an identity that no station can have
 */
export async function setStation(db: Knex, tenantId: string, identity: string, input: StationInput): Promise<Set> {
  if (!isIdentity(identity)) throw invalid('identity', 'an identity has 1 to 255 printable characters')
  const { siteId, deviceId, validation, rotate = false } = input
  return db.transaction(async transaction => {
    if (siteId != null && !(await stations.isSiteOf(transaction, tenantId, siteId))) throw notFound('site')
    const before = await boardStations.find(transaction, tenantId, identity)
    const password = newPassword()
    const passwordHash = hashSecret(password)
    const isNew = await stations.create(transaction, { identity, tenantId, passwordHash })
    const change = { siteId, validation, ...(rotate && { passwordHash }) }
    if (!(await boardStations.update(transaction, tenantId, identity, change))) throw conflict('the identity is taken')
    if (deviceId !== undefined) await linkDevice(transaction, tenantId, identity, deviceId)
    if (siteId != null) await moveDevice(transaction, identity, before?.site_id ?? null)
    const station = await boardStations.find(transaction, tenantId, identity)
    return { station: station!, isNew, password: isNew || rotate ? password : undefined }
  })
}
