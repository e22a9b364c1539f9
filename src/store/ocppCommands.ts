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

/** SQL for what names the command `c` where OCPP has numbers. */
export const NUMBER = `(c.sequence % 2147483647)::int`
/** SQL for the commands `c` of the station `:identity`, which are those of its device. */
export const OF_STATION = `c.channel = 'ocpp'
  and c.device_id = (select device_id from ocpp.stations where identity = :identity)`

/**
 * Takes the next command of a station for this process, which nobody else gets then: of several processes only the one
 * that has the station's latest connection does. One that asks the station to connect again is done by that connection,
 * and not sent over it.
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
           and n.process_id = :processId
           and (c.command <> 'force_reconnect' or c.created_at >= n.connected_at))
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

/**
 * Ends what was accepted and is not done in its time, and what a process was at when it died, or when the database was
 * away as it wanted to say what became of it.
 *
 * @param own this process with the ids of the commands that it is at
 */
export async function endOverdue(db: Knex, own: { processId: string; underway: string[] }): Promise<void> {
  await db.raw(
    `update core.commands set status = 'failed', outcome = 'failed', reason = 'TIMEOUT', finished_at = now(),
       message = 'the charger accepted it and did not do it in time'
     where channel = 'ocpp' and status = 'accepted' and finish_by <= now()`,
  )
  await db.raw(
    `update core.commands set status = 'failed', outcome = 'failed', reason = 'INTERRUPTED', finished_at = now(),
       message = 'the server that sent it did not get to note the answer'
     where channel = 'ocpp' and status = 'delivered' and (
       not exists (select from ocpp.processes p where p.process_id = claimed_by)
       or claimed_by = :processId and command_id <> all(:underway::uuid[])
         and delivered_at < now() - interval '10 seconds')`,
    own,
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
