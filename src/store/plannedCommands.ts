import type { Knex } from 'knex'
import { STATIONS_ID } from './chargingDecisions.ts'

// Limits and schedules of commands at sites that share their power, which the plan of the site tells the stations.

/** A command that is done when the plan has told its station. */
export interface PlannedCommand {
  commandId: string
  /** Of the session that it is about; null where none runs. */
  transactionKey: string | null
  /** What whoever asked has to know. */
  message: string | null
  details: Record<string, unknown> | null
}

/** The commands of a site that wait for its plan: of all others that were accepted a remote start is known. */
export async function waitingAt(db: Knex, siteId: string): Promise<PlannedCommand[]> {
  const { rows } = await db.raw<{ rows: PlannedCommand[] }>(
    `select c.command_id as "commandId", c.message, c.details, t.transaction_key as "transactionKey"
     from ocpp.stations st join core.devices own using (device_id)
       join core.commands c on c.device_id = st.device_id and c.channel = 'ocpp' and c.status = 'accepted'
         and c.command in ('set_power_limit', 'set_schedule', 'start_charging')
       left join ocpp.transactions t on t.identity = st.identity and t.ended_at is null
         and ${STATIONS_ID} = c.details->>'transaction_id'
     where coalesce(st.site_id, own.site_id) = :siteId
       and not exists (select from ocpp.remote_starts r where r.command_id = c.command_id)
     order by c.sequence`,
    { siteId },
  )
  return rows
}

/** A limit or schedule that a command has set and that stands. */
export interface StandingLimit {
  command: 'set_power_limit' | 'set_schedule'
  tenantId: string
  deviceId: string
  /** null for the station. */
  connectorId: number | null
  /** As the command has them, with what is left of `duration`. */
  params: Record<string, unknown>
}

/** What stands at a station, of each connector the newest that did not fail; a schedule also before and after it is valid. */
export async function standingLimits(db: Knex, identity: string): Promise<StandingLimit[]> {
  const { rows } = await db.raw<{ rows: StandingLimit[] }>(
    `select command, tenant_id as "tenantId", device_id as "deviceId", connector_id as "connectorId",
       params || case when until is null then '{}' else jsonb_build_object('duration',
         ceil(extract(epoch from until - now()))) end as params
     from (
       select distinct on (c.command, c.connector_id) c.*, case when c.command = 'set_power_limit' then
         c.created_at + (c.params->>'duration')::float8 * interval '1 second' end as until
       from core.commands c join ocpp.stations st using (device_id)
       where st.identity = ? and c.command in ('set_power_limit', 'set_schedule')
         and c.channel = 'ocpp' and c.status not in ('failed', 'expired')
       order by c.command, c.connector_id, c.sequence desc) newest
     where (until is null or until > now()) and params->>'enabled' is distinct from 'false'
       and (command <> 'set_power_limit' or coalesce((params->>'power_limit_percent')::float8, 0) < 100)`,
    [identity],
  )
  return rows
}
