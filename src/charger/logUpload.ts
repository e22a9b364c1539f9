import { hash } from 'node:crypto'
import type { Knex } from 'knex'
import { hashSecret, newSecret } from '../auth/secrets.ts'
import { conflict, invalid, notFound } from '../errors.ts'
import * as proofs from '../store/commandProofs.ts'
import * as reports from '../store/commandReports.ts'
import type { PendingCommand } from '../store/commands.ts'
import * as deviceLogs from '../store/deviceLogs.ts'

/**
 * Gives each `fetch_logs` among the commands a URL that takes one upload. It is made when the command is handed out,
 * because only its hash is kept: who reads commands later cannot use it.
 */
export async function addUploadUrls(
  db: Knex,
  pending: PendingCommand[],
  { base, seconds }: { base: string; seconds: number },
): Promise<PendingCommand[]> {
  return Promise.all(
    pending.map(async command => {
      if (command.command !== 'fetch_logs') return command
      const token = newSecret()
      await deviceLogs.openUpload(db, command.command_id, hashSecret(token), seconds)
      return { ...command, params: { ...command.params, upload_url: `${base}/v1/device/uploads/${token}` } }
    }),
  )
}

/**
 * The way that a token opens.
 *
 * @throws notFound when nobody was given the token or it is too old, conflict when the log is there already
 */
export async function findUpload(db: Knex, token: string): Promise<deviceLogs.Upload> {
  const upload = await deviceLogs.findUpload(db, hashSecret(token))
  if (upload === undefined) throw notFound('upload')
  if (upload.isUsed) throw used()
  return upload
}

/** What the platform says of a command that is completed while there is no log. */
export const NO_LOG = 'no log was uploaded'

/**
 * Stores what came, and names it in its command when that was completed before.
 *
 * @throws invalid when it is empty, conflict when another upload was faster
 */
export async function storeLog(db: Knex, upload: deviceLogs.Upload, content: Buffer, contentType: string) {
  if (content.length === 0) throw invalid('body', 'the log is empty')
  const sha256 = hash('sha256', content, 'buffer')
  const log_id = await db.transaction(async transaction => {
    const stored = await deviceLogs.store(transaction, upload, { contentType, content, sha256 })
    // A report that is being taken meanwhile holds its command: it finds the log, or this finds it completed.
    if (stored !== undefined) {
      await reports.nameLog(transaction, upload.commandId, stored, NO_LOG)
      // A station may say nothing more, and there is nothing more to say.
      await proofs.completeUpload(transaction, upload.commandId, stored)
    }
    return stored
  })
  if (log_id === undefined) throw used()
  return { log_id, size_bytes: content.length, sha256: sha256.toString('hex') }
}

const used = () => conflict('the log was uploaded already')
