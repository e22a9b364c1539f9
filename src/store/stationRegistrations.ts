import type { Knex } from 'knex'
import type { Station } from '../ocpp/action.ts'
import * as firmwareReports from './firmwareReports.ts'

/** What a station says it is. */
export interface StationFacts {
  vendor: string
  model: string
  serialNumber: string | undefined
  firmwareVersion: string | undefined
}

/**
 * Registers a station as accepted and keeps what it says it is. When its site lets OCPP data be seen elsewhere, its
 * device takes the version of the firmware over: OCPP tells the version that an upgrade led to in no other message.
 */
export async function accept(
  db: Knex,
  { identity, tenantId }: Station,
  { vendor, model, serialNumber, firmwareVersion }: StationFacts,
): Promise<void> {
  await db.transaction(async transaction => {
    await transaction('ocpp.stations')
      .where({ identity, tenant_id: tenantId })
      .update({
        registration: 'Accepted',
        vendor,
        model,
        serial_number: serialNumber ?? null,
        firmware_version: firmwareVersion ?? null,
        booted_at: transaction.fn.now(),
        updated_at: transaction.fn.now(),
      })
    if (firmwareVersion === undefined) return
    const device = await findOtherVersion(transaction, identity, firmwareVersion)
    if (device !== undefined) {
      const report = { firmware_version: firmwareVersion, status: 'success' as const }
      await firmwareReports.store(transaction, { tenantId, deviceId: device.device_id }, report)
    }
  })
}

async function findOtherVersion(
  db: Knex,
  identity: string,
  firmwareVersion: string,
): Promise<{ device_id: string } | undefined> {
  return db('ocpp.stations as s')
    .join('core.devices as d', 'd.device_id', 's.device_id')
    .join('core.sites as p', 'p.site_id', 'd.site_id')
    .first('d.device_id')
    .where({ 's.identity': identity, 'p.ocpp_consent': true })
    .whereRaw('d.firmware_version is distinct from ?', [firmwareVersion])
}
