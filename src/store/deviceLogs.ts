import type { Knex } from 'knex'
import { instant } from './instant.ts'
import { type Page, type Paging, pageSql, readPage } from './page.ts'
import { isUuid } from './uuid.ts'

/** A log as it is listed. */
export interface DeviceLog {
  log_id: string
  command_id: string
  content_type: 'application/octet-stream' | 'text/plain' | 'application/gzip'
  size_bytes: number
  sha256: string
  received_at: string
}

/** A way for a charger to upload what a command asked for. */
export interface Upload {
  commandId: string
  tenantId: string
  deviceId: string
  /** Whether the log is there already. */
  isUsed: boolean
}

/** A command that is handed out again gets another way to upload; of so many the newest count. */
const WAYS = 20

const LIST = pageSql({
  table: 'core.device_logs',
  where: 't.device_id = :device and t.tenant_id = :tenant',
  order: 't.received_at desc, t.log_id',
  columns: `t.log_id, t.command_id, t.content_type, t.size_bytes, encode(t.sha256, 'hex') as sha256,
    ${instant('t.received_at')} as received_at`,
})

/** Opens a way to upload for whoever knows the token. */
export async function openUpload(db: Knex, commandId: string, tokenHash: Buffer, seconds: number): Promise<void> {
  await db('core.log_uploads').insert({
    token_hash: tokenHash,
    command_id: commandId,
    expires_at: db.raw(`now() + ? * interval '1 second'`, [seconds]),
  })
  await db.raw(
    `delete from core.log_uploads where command_id = :commandId and token_hash in (
       select token_hash from core.log_uploads where command_id = :commandId
       order by created_at desc offset :ways)`,
    { commandId, ways: WAYS },
  )
}

/** The way that a token opens; undefined when nobody was given it or it is too old. */
export async function findUpload(db: Knex, tokenHash: Buffer): Promise<Upload | undefined> {
  const { rows } = await db.raw<{ rows: Upload[] }>(
    `select u.command_id as "commandId", c.tenant_id as "tenantId", c.device_id as "deviceId",
       exists (select from core.device_logs l where l.command_id = u.command_id) as "isUsed"
     from core.log_uploads u join core.commands c using (command_id)
     where u.token_hash = ? and u.expires_at > now()`,
    [tokenHash],
  )
  return rows[0]
}

/** Stores a log and returns its id, or undefined when the command has one. */
export async function store(
  db: Knex,
  { commandId, tenantId, deviceId }: Upload,
  { contentType, content, sha256 }: { contentType: string; content: Buffer; sha256: Buffer },
): Promise<string | undefined> {
  const [stored] = await db('core.device_logs')
    .insert({
      command_id: commandId,
      tenant_id: tenantId,
      device_id: deviceId,
      content_type: contentType,
      size_bytes: content.length,
      sha256,
      content,
    })
    .onConflict('command_id')
    .ignore()
    .returning('log_id')
  return stored?.log_id
}

/** The log that came for a command. */
export async function ofCommand(db: Knex, commandId: string): Promise<string | null> {
  return (await db('core.device_logs').first('log_id').where({ command_id: commandId }))?.log_id ?? null
}

/** The logs of a charger, newest first. */
export async function list(db: Knex, tenantId: string, deviceId: string, paging: Paging): Promise<Page<DeviceLog>> {
  return readPage(db, LIST, { tenant: tenantId, device: deviceId }, paging)
}

export async function find(
  db: Knex,
  tenantId: string,
  deviceId: string,
  logId: string,
): Promise<{ content_type: string; content: Buffer } | undefined> {
  if (!isUuid(deviceId) || !isUuid(logId)) return undefined
  return db('core.device_logs')
    .first('content_type', 'content')
    .where({ tenant_id: tenantId, device_id: deviceId, log_id: logId })
}

/** Removes logs that are older than so many days, and ways to upload that are closed. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('core.device_logs').whereRaw(`received_at < now() - ? * interval '1 day'`, [days]).delete()
  await db('core.log_uploads').whereRaw('expires_at < now()').delete()
}
