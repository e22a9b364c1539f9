import type { Knex } from 'knex'
import type { Protocol } from '../ocpp/action.ts'
import type { CommandName } from './commands.ts'

/** A command that this process is to bring to its station. */
export interface ClaimedCommand {
  commandId: string
  tenantId: string
  deviceId: string
  command: CommandName
  connectorId: number | null
  params: Record<string, unknown>
  createdAt: Date
  /** Names the command where OCPP has numbers. */
  number: number
}

/** Why a command ended otherwise than it should. */
export interface Failure {
  /** `rejected`, `NOT_SUPPORTED`, `TIMEOUT`, `OFFLINE` or another word of the contract. */
  reason: string
  message: string
  details?: Record<string, unknown>
}

const NUMBER = `(c.sequence % 2147483647)::int`
/** The commands of the station `:identity`, which are those of its device. */
const OF_STATION = `c.channel = 'ocpp'
  and c.device_id = (select device_id from ocpp.stations where identity = :identity)`

/**
 * Takes the next command of a station for this process, which nobody else gets then: of several processes only the one
 * that has the station's latest connection does.
 */
export async function claimNext(
  db: Knex,
  { identity, processId }: { identity: string; processId: string },
): Promise<ClaimedCommand | undefined> {
  const { rows } = await db.raw<{ rows: ClaimedCommand[] }>(
    `update core.commands c set status = 'delivered', delivered_at = now(), claimed_by = :processId
     where c.command_id = (
       select c.command_id from core.commands c
       where ${OF_STATION} and c.status = 'queued' and c.expires_at > now() and exists (
         select from ocpp.connection_states s join ocpp.connections n using (connection_id)
         where s.tenant_id = c.tenant_id and s.identity = :identity and s.disconnected_at is null
           and n.process_id = :processId)
       order by c.sequence limit 1 for update skip locked)
     returning c.command_id as "commandId", c.tenant_id as "tenantId", c.device_id as "deviceId", c.command,
       c.connector_id as "connectorId", c.params, c.created_at as "createdAt", ${NUMBER} as number`,
    { identity, processId },
  )
  return rows[0]
}

/** Lets a command wait again that was never sent. */
export async function putBack(db: Knex, commandId: string): Promise<void> {
  await db('core.commands')
    .where({ command_id: commandId, status: 'delivered' })
    .update({ status: 'queued', delivered_at: null, claimed_by: null })
}

/** The station will do it; what it says later may have come before. @param within how long it may take, in seconds */
export async function accept(
  db: Knex,
  commandId: string,
  { message, details, within }: { message: string | null; details: object | null; within: number },
): Promise<void> {
  await db('core.commands')
    .where({ command_id: commandId, status: 'delivered' })
    .update({
      status: 'accepted',
      accepted_at: db.fn.now(),
      message,
      details: details === null ? null : JSON.stringify(details),
      finish_by: db.raw(`now() + ? * interval '1 second'`, [within]),
    })
}

const UNFINISHED = ['delivered', 'accepted']

/** The station has done it. */
export async function complete(
  db: Knex,
  commandId: string,
  { message, details }: { message: string | null; details: object | null },
): Promise<void> {
  await db('core.commands')
    .where({ command_id: commandId })
    .whereIn('status', UNFINISHED)
    .update({
      status: 'completed',
      outcome: 'completed',
      accepted_at: db.raw('coalesce(accepted_at, now())'),
      finished_at: db.fn.now(),
      message,
      details: details === null ? null : JSON.stringify(details),
    })
}

/** The station has not done it, and will not. */
export async function fail(db: Knex, commandId: string, { reason, message, details }: Failure): Promise<void> {
  await db('core.commands')
    .where({ command_id: commandId })
    .whereIn('status', UNFINISHED)
    .update({
      status: 'failed',
      outcome: reason === 'rejected' ? 'rejected' : 'failed',
      reason,
      finished_at: db.fn.now(),
      message: message.slice(0, 1000),
      details: details === undefined ? null : JSON.stringify(details),
    })
}

/** Which stations have something that waits for them: those among the given, or with one of the devices, or any. */
export async function stationsWithWork(
  db: Knex,
  among: { identities: string[]; deviceIds: string[] } | 'all',
): Promise<string[]> {
  const chosen = (identity: string) =>
    among === 'all' ? 'true' : `(${identity} = any(:identities::text[]) or device_id = any(:deviceIds::uuid[]))`
  const { rows } = await db.raw<{ rows: { identity: string }[] }>(
    `select k.identity from ocpp.calls k join ocpp.stations s using (identity)
     where k.status = 'queued' and k.expires_at > now() and ${chosen('k.identity')}
     union
     select s.identity from core.commands c join ocpp.stations s using (device_id)
     where c.channel = 'ocpp' and c.status = 'queued' and c.expires_at > now() and ${chosen('s.identity')}`,
    among === 'all' ? {} : among,
  )
  return rows.map(({ identity }) => identity)
}

/** What is known around a command when it is translated. */
export interface Situation {
  /** The session that runs on the connector; of the station where none is named and there is one. */
  transaction: { key: string; transactionId: string; numericId: number; connectorId: number } | undefined
  /** Whether the site's power is shared by plan, which tells running sessions their limits. */
  isPlanned: boolean
  /** kW that a connector can take, by its model; null for a model that nobody knows. */
  ratingKw: number | null
}

/** @param connectorId null for the station */
export async function situationOf(db: Knex, identity: string, connectorId: number | null): Promise<Situation> {
  const { rows } = await db.raw<{ rows: Situation['transaction'][] }>(
    `select transaction_key::text as key, transaction_id as "transactionId", numeric_id as "numericId",
       connector_id as "connectorId"
     from ocpp.transactions
     where identity = :identity and ended_at is null and (:connectorId::int is null or connector_id = :connectorId)
     order by started_at desc limit 1`,
    { identity, connectorId },
  )
  const { rows: facts } = await db.raw<{ rows: [Omit<Situation, 'transaction'>] }>(
    `select m.max_power_kw::float8 as "ratingKw", exists (
       select from ocpp.site_charging g where g.site_id = coalesce(s.site_id, d.site_id) and g.enabled) as "isPlanned"
     from ocpp.stations s left join core.devices d using (device_id)
     left join core.device_models m on m.manufacturer = d.manufacturer and m.model = d.model
     where s.identity = ?`,
    [identity],
  )
  return { transaction: rows[0], ...facts[0] }
}

export interface RemoteStart {
  commandId: string
  tenantId: string
  identity: string
  idTag: string
  /** The number by which OCPP 2.x names the start. */
  remoteStartId: number
  /** Whether the tag was made for this start and may charge because of it. */
  isOwnTag: boolean
}

/** Notes by which tag a session is started, before the station hears of it. */
export async function noteRemoteStart(db: Knex, start: RemoteStart): Promise<void> {
  await db('ocpp.remote_starts')
    .insert({
      command_id: start.commandId,
      tenant_id: start.tenantId,
      identity: start.identity,
      id_tag: start.idTag,
      remote_start_id: start.remoteStartId,
      is_own_tag: start.isOwnTag,
    })
    .onConflict('command_id')
    .merge()
}

interface Begun {
  identity: string
  connectorId: number
  transactionId: string | number
  idTag: string | null
  remoteStartId: number | undefined
}

/** A session has begun: completes the command that started it. */
export async function noteBegun(db: Knex, { identity, connectorId, transactionId, ...by }: Begun): Promise<void> {
  await db.raw(
    `update core.commands c set status = 'completed', outcome = 'completed', message = 'charging started',
       accepted_at = coalesce(accepted_at, now()), finished_at = now(), details = :details::jsonb
     from ocpp.remote_starts r
     where r.identity = :identity and c.command_id = r.command_id and c.status in ('delivered', 'accepted')
       and r.created_at > now() - interval '7 days'
       and (r.remote_start_id = :remoteStartId::int or lower(r.id_tag) = lower(:idTag::text))
       and (c.connector_id is null or :connectorId = 0 or c.connector_id = :connectorId)`,
    {
      identity,
      connectorId,
      idTag: by.idTag,
      remoteStartId: by.remoteStartId ?? null,
      details: JSON.stringify({ transaction_id: transactionId }),
    },
  )
}

/** A session has ended: completes what was to stop it. */
export async function noteEnded(
  db: Knex,
  { identity, connectorId, transactionId }: Pick<Begun, 'identity' | 'connectorId' | 'transactionId'>,
): Promise<void> {
  await db.raw(
    `update core.commands c set status = 'completed', outcome = 'completed', message = 'charging stopped',
       accepted_at = coalesce(accepted_at, now()), finished_at = now(), details = :details::jsonb
     where ${OF_STATION} and c.command = 'stop_charging' and c.status in ('delivered', 'accepted')
       and (c.connector_id is null or c.connector_id = :connectorId)`,
    { identity, connectorId, details: JSON.stringify({ transaction_id: transactionId }) },
  )
}

/** The station has started anew: completes the restarts that it has accepted. */
export async function noteBooted(db: Knex, identity: string): Promise<void> {
  await db.raw(
    `update core.commands c set status = 'completed', outcome = 'completed', message = 'the charger has started again',
       finished_at = now()
     where ${OF_STATION} and c.command in ('reboot', 'soft_reset') and c.status = 'accepted'`,
    { identity },
  )
}

/** Stations have connected: completes what was to make them, also where they did it by themselves. */
export async function noteConnected(db: Knex, identities: string[]): Promise<void> {
  await db.raw(
    `update core.commands c set status = 'completed', outcome = 'completed', message = 'the charger has connected again',
       delivered_at = coalesce(delivered_at, now()), accepted_at = coalesce(accepted_at, now()), finished_at = now()
     from ocpp.stations s join ocpp.connection_states n using (tenant_id, identity)
     where s.identity = any(:identities) and c.device_id = s.device_id and c.channel = 'ocpp'
       and c.command = 'force_reconnect' and c.status in ('queued', 'delivered', 'accepted')
       and c.created_at < n.connected_at and (c.status = 'accepted' or c.expires_at > now())`,
    { identities },
  )
}

/** The log that a station was asked for has come. A charger of the platform's own says so itself. */
export async function completeUpload(db: Knex, commandId: string, logId: string): Promise<void> {
  const isOurs = await db('core.commands').first('command_id').where({ command_id: commandId, channel: 'ocpp' })
  if (isOurs !== undefined) await complete(db, commandId, { message: null, details: { log_id: logId } })
}

/** The command that a station reports on: the one with this number, or where it names none the latest that it accepted. */
export async function underway(
  db: Knex,
  identity: string,
  command: CommandName,
  number: number | undefined,
): Promise<string | undefined> {
  const { rows } = await db.raw<{ rows: { command_id: string }[] }>(
    `select c.command_id from core.commands c
     where ${OF_STATION} and c.command = :command and c.status in ('delivered', 'accepted')
       and (:number::int is null or ${NUMBER} = :number::int)
     order by c.sequence desc limit 1`,
    { identity, command, number: number ?? null },
  )
  return rows[0]?.command_id
}

/** Ends what was accepted and is not done in its time, and what a process was at when it died. */
export async function endOverdue(db: Knex): Promise<void> {
  await db.raw(
    `update core.commands set status = 'failed', outcome = 'failed', reason = 'TIMEOUT', finished_at = now(),
       message = 'the charger accepted it and did not do it in time'
     where channel = 'ocpp' and status = 'accepted' and finish_by <= now()`,
  )
  await db.raw(
    `update core.commands set status = 'failed', outcome = 'failed', reason = 'INTERRUPTED', finished_at = now(),
       message = 'the server process that sent it ended before the answer'
     where channel = 'ocpp' and status = 'delivered'
       and not exists (select from ocpp.processes p where p.process_id = claimed_by)`,
  )
}

/** Tags of remote starts are good for as long as a session may last. */
export async function removeOld(db: Knex): Promise<void> {
  await db('ocpp.remote_starts').whereRaw(`created_at < now() - interval '30 days'`).delete()
}

/** The version that a station speaks now; undefined when it is not connected, or is not the tenant's. */
export async function protocolOf(db: Knex, tenantId: string, identity: string): Promise<Protocol | undefined> {
  const state = await db('ocpp.connection_states')
    .first('protocol')
    .where({ tenant_id: tenantId, identity, disconnected_at: null })
  return state?.protocol
}
