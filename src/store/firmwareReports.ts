import type { Knex } from 'knex'

export interface FirmwareReport {
  firmware_version: string
  status: 'downloading' | 'upgrading' | 'success' | 'failed'
  /** % */
  progress?: number
  message?: string
}

/** Stores a step of an upgrade; success sets the charger's version. */
export async function store(
  db: Knex,
  { tenantId, deviceId }: { tenantId: string; deviceId: string },
  report: FirmwareReport,
): Promise<void> {
  await db.transaction(async transaction => {
    await transaction('core.firmware_reports').insert({
      tenant_id: tenantId,
      device_id: deviceId,
      firmware_version: report.firmware_version,
      status: report.status,
      progress_percent: report.progress ?? null,
      message: report.message ?? null,
    })
    if (report.status === 'success') {
      await transaction('core.devices')
        .where({ device_id: deviceId })
        .update({ firmware_version: report.firmware_version })
    }
  })
}
