import type { Knex } from 'knex'

/** A set_schedule that a station follows by itself. */
export interface FollowedSchedule {
  tenantId: string
  deviceId: string
  connectorId: number | null
  params: Record<string, unknown>
  /** When the station took it. */
  since: Date
}

/** The schedules that stations repeat in a time zone; those that wait or are on their way are not among them. */
export async function followed(db: Knex): Promise<FollowedSchedule[]> {
  const { rows } = await db.raw<{ rows: FollowedSchedule[] }>(
    `select tenant_id as "tenantId", device_id as "deviceId", connector_id as "connectorId", params,
       finished_at as since
     from (
       select distinct on (device_id, connector_id) * from core.commands
       where command = 'set_schedule' and channel = 'ocpp' and status not in ('failed', 'expired')
       order by device_id, connector_id, sequence desc) latest
     where status = 'completed' and params->>'timezone' is not null and params->>'type' is distinct from 'once'
       and params->>'enabled' is distinct from 'false'`,
  )
  return rows
}
