import type { Knex } from 'knex'
import { isUuid } from './uuid.ts'

const EXISTS = `
  select from core.devices d
  where d.device_id = :device and d.tenant_id = :tenant
    and (:connector::int is null or exists (
      select from core.connectors c where c.device_id = d.device_id and c.connector_id = :connector::int))`

/** Whether the tenant has the charger and, unless it is null, the charger the connector. */
export async function exists(
  db: Knex,
  tenantId: string,
  deviceId: string,
  connectorId: number | null,
): Promise<boolean> {
  if (!isUuid(deviceId)) return false
  const bindings = { device: deviceId, tenant: tenantId, connector: connectorId }
  const { rowCount } = await db.raw<{ rowCount: number }>(EXISTS, bindings).options({ name: 'connector-exists' })
  return rowCount > 0
}
