import type { Knex } from 'knex'
import type { CommandName } from './commands.ts'
import { complete, NUMBER, OF_STATION } from './ocppCommands.ts'

// What stations do and tell, as far as it shows that a command is done.

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
