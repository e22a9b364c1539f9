import type { Knex } from 'knex'
import { STATIONS_ID } from './chargingDecisions.ts'

// Limits of commands at sites that share their power, which the plan of the site tells the stations.

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
         and c.command in ('set_power_limit', 'start_charging')
       left join ocpp.transactions t on t.identity = st.identity and t.ended_at is null
         and ${STATIONS_ID} = c.details->>'transaction_id'
     where coalesce(st.site_id, own.site_id) = :siteId
       and not exists (select from ocpp.remote_starts r where r.command_id = c.command_id)
     order by c.sequence`,
    { siteId },
  )
  return rows
}

/** A limit that a command has set and that is in force. */
export interface StandingLimit {
  tenantId: string
  deviceId: string
  /** null for the station. */
  connectorId: number | null
  /** As the command has them, with what is left of `duration`. */
  params: Record<string, unknown>
}

/** What `set_power_limit` limits at a station now: of each connector the newest that did not fail. */
export async function standingLimits(db: Knex, identity: string): Promise<StandingLimit[]> {
  const { rows } = await db.raw<{ rows: StandingLimit[] }>(
    `select tenant_id as "tenantId", device_id as "deviceId", connector_id as "connectorId",
       params || case when until is null then '{}' else jsonb_build_object('duration',
         ceil(extract(epoch from until - now()))) end as params
     from (
       select distinct on (c.connector_id) c.*,
         c.created_at + (c.params->>'duration')::float8 * interval '1 second' as until
       from core.commands c join ocpp.stations st using (device_id)
       where st.identity = ? and c.command = 'set_power_limit' and c.channel = 'ocpp'
         and c.status not in ('failed', 'expired')
       order by c.connector_id, c.sequence desc) newest
     where (until is null or until > now()) and coalesce((params->>'power_limit_percent')::float8, 0) < 100`,
    [identity],
  )
  return rows
}
