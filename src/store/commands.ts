import type { Knex } from 'knex'
import { actionUnderway } from '../audit/actionUnderway.ts'
import { NOT_IN_OCPP } from '../ocpp/commands/notInOcpp.ts'
import { CONSENTS, WITH_SHARING } from './stationDevices.ts'
import { isUuid } from './uuid.ts'

/** What a charger can be told. */
export type CommandName =
  | 'start_charging'
  | 'stop_charging'
  | 'set_power_limit'
  | 'set_schedule'
  | 'firmware_upgrade'
  | 'discharge'
  | DiagnosticName

/** What a charger can be told for the sake of its own health. */
export type DiagnosticName =
  | 'reboot'
  | 'soft_reset'
  | 'force_reconnect'
  | 'fetch_logs'
  | 'run_self_test'
  | 'calibrate_sensor'
  | 'reset_contactor_counter'
  | 'reset_fan_counter'
  | 'reset_power_module'

/** `medium` may disturb the service or bend what is measured, so the customer must have agreed. */
export type RiskClass = 'low' | 'medium'

export interface NewCommand {
  tenantId: string
  deviceId: string
  connectorId: number | null
  command: CommandName
  params: Record<string, unknown>
  requestedBy: string
  /** How long it may wait for its charger, in seconds. */
  expiresIn: number
  controlId?: string
  scheduleId?: string
  riskClass?: RiskClass
  customerAuthorizationRef?: string | null
}

export interface PendingCommand {
  command_id: string
  command: CommandName
  connector_id: number | null
  params: Record<string, unknown>
  expiry: string
}

/** A row of core.commands. */
interface StoredCommand extends CommandRow {
  device_id: string
  status: 'queued' | 'delivered' | 'accepted' | 'completed' | 'failed' | 'expired'
  channel: 'device' | 'ocpp'
  outcome: 'completed' | 'failed' | 'rejected' | null
  reason: string | null
  message: string | null
  details: Record<string, unknown> | null
  control_id: string | null
  schedule_id: string | null
  risk_class: RiskClass | null
  customer_authorization_ref: string | null
  created_at: Date
  delivered_at: Date | null
  accepted_at: Date | null
  finished_at: Date | null
}

interface CommandRow {
  command_id: string
  command: CommandName
  connector_id: number | null
  params: Record<string, unknown>
  expires_at: Date
}

/** Of commands that their charger has not taken yet. */
export const PENDING = ['queued', 'delivered']
/** A command that a long-poll handed out comes again after this time, as long as the charger has not accepted it. */
const REOFFER = `interval '30 seconds'`

const QUEUE = `
  with queued as (
    insert into core.commands (tenant_id, device_id, connector_id, command, params, requested_by, control_id, schedule_id,
      risk_class, customer_authorization_ref, expires_at, channel, status, outcome, reason, finished_at)
    select "tenantId", "deviceId", "connectorId", command, params, "requestedBy", "controlId", "scheduleId",
      "riskClass", "customerAuthorizationRef", now() + "expiresIn" * interval '1 second', channel,
      case when is_impossible then 'failed' else 'queued' end, case when is_impossible then 'failed' end,
      case when is_impossible then 'NOT_SUPPORTED' end, case when is_impossible then now() end
    from rows from (jsonb_to_recordset(:commands::jsonb) as (
      "tenantId" uuid, "deviceId" uuid, "connectorId" int, command text, params jsonb, "requestedBy" text,
      "controlId" uuid, "scheduleId" text, "riskClass" text, "customerAuthorizationRef" text, "expiresIn" int))
      with ordinality as given
    cross join lateral (
      select case when exists (
        select from ocpp.stations s ${WITH_SHARING} where s.device_id = "deviceId" and ${CONSENTS}
      ) then 'ocpp' else 'device' end as channel) way
    cross join lateral (
      select channel = 'ocpp' and command = any(:notInOcpp::text[]) as is_impossible) verdict
    order by ordinality
    returning *
  ), recorded as (
    insert into ops.audit_logs
      (tenant_id, actor, action, method, path, status, device_id, request_id, address, details)
    select tenant_id, coalesce(:actor, requested_by), coalesce(:action, command), :method, :path, 200, device_id,
      :requestId, :address,
      jsonb_build_object('command_id', command_id, 'command', command, 'connector_id', connector_id, 'params', params)
        || jsonb_strip_nulls(jsonb_build_object('risk_class', risk_class,
          'customer_authorization_ref', customer_authorization_ref))
        || :recorded::jsonb
    from queued order by sequence
  )
  select command_id from queued order by sequence`

const NOBODY = { actor: null, action: null, method: null, path: null, requestId: null, address: null }

/**
 * Queues commands in the given order and returns their ids in that order. Where the charger's station is connected by
 * OCPP and its site consents, a command goes that way and no other; what OCPP has no words for fails at once. Each is put on record by the same statement: as
 * what is being done now, or as done by whoever stands in `requestedBy` when nobody asks.
 *
 * @param recorded what else the record says, and what it says instead
 */
export async function queue(
  db: Knex,
  commands: NewCommand[],
  recorded: { forced?: true; params?: unknown } = {},
): Promise<string[]> {
  if (commands.length === 0) return []
  // One parameter for all: a site may have more connectors than a statement may have parameters.
  const bindings = {
    ...(actionUnderway() ?? NOBODY),
    commands: JSON.stringify(commands),
    notInOcpp: NOT_IN_OCPP,
    recorded: JSON.stringify(recorded),
  }
  // Prepared once per connection: parsing and planning it takes longer than the two inserts.
  const { rows } = await db.raw<{ rows: { command_id: string }[] }>(QUEUE, bindings).options({ name: 'queue-commands' })
  return rows.map(({ command_id }) => command_id)
}

/** All that waits for the charger, oldest first. Does not count as the delivery that a long-poll makes. */
export async function listPending(db: Knex, deviceId: string): Promise<PendingCommand[]> {
  await db('core.commands')
    .where({ device_id: deviceId, channel: 'device', status: 'queued' })
    .whereRaw('expires_at > now()')
    .update({ status: 'delivered', delivered_at: db.fn.now() })
  // Another statement, which also sees what somebody else has just delivered.
  const { rows } = await db.raw<{ rows: CommandRow[] }>(
    `select command_id, command, connector_id, params, expires_at from core.commands
     where device_id = :deviceId and channel = 'device' and status = 'delivered' and expires_at > now() order by sequence`,
    { deviceId },
  )
  return rows.map(toPending)
}

/**
 * Hands out the next command that is due, and keeps it from the long-poll for 30 seconds. Of two polls at the same time
 * each gets another one.
 */
export async function offerNext(
  db: Knex,
  deviceId: string,
  connectorId: number | undefined,
): Promise<PendingCommand | undefined> {
  const { rows } = await db.raw<{ rows: CommandRow[] }>(
    `update core.commands set status = 'delivered', delivered_at = coalesce(delivered_at, now()), offered_at = now()
     where command_id = (
       select command_id from core.commands
       where device_id = :deviceId and channel = 'device' and status in ('queued', 'delivered') and expires_at > now()
         and (offered_at is null or offered_at <= now() - ${REOFFER})
         and (:connectorId::int is null or connector_id is null or connector_id = :connectorId)
       order by sequence limit 1 for update skip locked)
     returning command_id, command, connector_id, params, expires_at`,
    { deviceId, connectorId: connectorId ?? null },
  )
  return rows[0] && toPending(rows[0])
}

/** When the long-poll may offer something again that it has offered before, in milliseconds from now. */
export async function nextOfferIn(
  db: Knex,
  deviceId: string,
  connectorId: number | undefined,
): Promise<number | undefined> {
  const { rows } = await db.raw<{ rows: { wait: number | null }[] }>(
    `select extract(epoch from min(offered_at) + ${REOFFER} - now())::float8 * 1000 as wait from core.commands
     where device_id = :deviceId and channel = 'device' and status in ('queued', 'delivered') and expires_at > now()
       and (:connectorId::int is null or connector_id is null or connector_id = :connectorId)`,
    { deviceId, connectorId: connectorId ?? null },
  )
  return rows[0]!.wait ?? undefined
}

/** Takes an offer back that never reached the charger. */
export async function withdrawOffer(db: Knex, commandId: string): Promise<void> {
  await db('core.commands').where({ command_id: commandId }).whereIn('status', PENDING).update({ offered_at: null })
}

/** Ends what waited too long for its charger. Returns how many. What was sent to a station ends with its answer. */
export async function expire(db: Knex): Promise<number> {
  return db('core.commands')
    .whereIn('status', PENDING)
    .whereRaw(`(channel = 'device' or status = 'queued')`)
    .whereRaw('expires_at <= now()')
    .update({ status: 'expired', finished_at: db.ref('expires_at') })
}

export async function find(db: Knex, tenantId: string, commandId: string) {
  if (!isUuid(commandId)) return undefined
  const row: StoredCommand | undefined = await db('core.commands')
    .first()
    .where({ tenant_id: tenantId, command_id: commandId })
  return row && toCommand(row)
}

function toPending({ expires_at, command_id, command, connector_id, params }: CommandRow): PendingCommand {
  return { command_id, command, connector_id, params, expiry: expires_at.toISOString() }
}

const iso = (time: Date | null): string | null => time?.toISOString() ?? null

function toCommand(row: StoredCommand) {
  const waits = row.status === 'queued' || (row.status === 'delivered' && row.channel === 'device')
  const expired = waits && row.expires_at <= new Date()
  return {
    command_id: row.command_id,
    device_id: row.device_id,
    connector_id: row.connector_id,
    command: row.command,
    params: row.params,
    status: expired ? ('expired' as const) : row.status,
    reason: row.reason ?? (row.outcome === 'rejected' ? 'rejected' : null),
    message: row.message,
    details: row.details,
    control_id: row.control_id,
    schedule_id: row.schedule_id,
    created_at: row.created_at.toISOString(),
    delivered_at: iso(row.delivered_at),
    accepted_at: iso(row.accepted_at),
    finished_at: expired ? iso(row.expires_at) : iso(row.finished_at),
    expiry: row.expires_at.toISOString(),
    ...(row.risk_class !== null && { risk_class: row.risk_class }),
    ...(row.customer_authorization_ref !== null && { customer_authorization_ref: row.customer_authorization_ref }),
  }
}
