import type { Knex } from 'knex'
import type { Protocol, Station } from '../ocpp/action.ts'
import * as firmwareReports from './firmwareReports.ts'
import { enrollDevice, sharedDevice } from './stationDevices.ts'

/** What a station says it is. */
export interface StationFacts {
  vendor: string
  model: string
  serialNumber: string | undefined
  firmwareVersion: string | undefined
}

/**
 * Registers a station as accepted with a version of OCPP and keeps what it says it is. One that enrolled itself gets a
 * device by it. When its site lets OCPP data be seen elsewhere, its device takes the version of the firmware over: OCPP
 * tells the version that an upgrade led to in no other message.
 */
export async function accept(
  db: Knex,
  { identity, tenantId }: Station,
  protocol: Protocol,
  { vendor, model, serialNumber, firmwareVersion }: StationFacts,
): Promise<void> {
  await db.transaction(async transaction => {
    await transaction('ocpp.stations')
      .where({ identity, tenant_id: tenantId })
      .update({
        registration: 'Accepted',
        registration_protocol: protocol,
        vendor,
        model,
        serial_number: serialNumber ?? null,
        firmware_version: firmwareVersion ?? null,
        booted_at: transaction.fn.now(),
        updated_at: transaction.fn.now(),
      })
    await enrollDevice(transaction, identity, { vendor, model, serialNumber, firmwareVersion })
    if (firmwareVersion === undefined) return
    const deviceId = await findOtherVersion(transaction, identity, firmwareVersion)
    if (deviceId !== undefined) {
      const report = { firmware_version: firmwareVersion, status: 'success' as const }
      await firmwareReports.store(transaction, { tenantId, deviceId }, report)
    }
  })
}

/** Keeps what a station has said that it can do. */
export async function noteFeatures(db: Knex, { identity, tenantId }: Station, features: string[]): Promise<void> {
  await db('ocpp.stations')
    .where({ identity, tenant_id: tenantId })
    .whereRaw('features is distinct from ?::text[]', [features])
    .update({ features })
}

async function findOtherVersion(db: Knex, identity: string, firmwareVersion: string): Promise<string | undefined> {
  const deviceId = await sharedDevice(db, identity)
  if (deviceId === null) return undefined
  const device = await db('core.devices').first('firmware_version').where({ device_id: deviceId })
  return device.firmware_version === firmwareVersion ? undefined : deviceId
}
