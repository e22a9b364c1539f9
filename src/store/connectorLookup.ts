import type { Knex } from 'knex'
import { isUuid } from './uuid.ts'

/** Whether the tenant has the charger and, unless it is null, the charger the connector. */
export async function exists(
  db: Knex,
  tenantId: string,
  deviceId: string,
  connectorId: number | null,
): Promise<boolean> {
  if (!isUuid(deviceId)) return false
  const device = db('core.devices as d')
    .first('d.device_id')
    .where({ 'd.device_id': deviceId, 'd.tenant_id': tenantId })
  if (connectorId !== null)
    device.join('core.connectors as c', 'c.device_id', 'd.device_id').where({ 'c.connector_id': connectorId })
  return (await device) !== undefined
}
