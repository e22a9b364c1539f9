import type { Knex } from 'knex'
import type { BoardCaller } from '../auth/caller.ts'

/** How long a session lasts. */
export const LIFETIME_SECONDS = 86_400

/** Stores a session by the hash of its id. @returns when it ends */
export async function begin(
  db: Knex,
  hash: Buffer,
  { tenantId, userName }: { tenantId: string; userName: string },
): Promise<Date> {
  const [row] = await db('ocpp.board_sessions')
    .insert({
      session_hash: hash,
      tenant_id: tenantId,
      user_name: userName,
      expires_at: db.raw(`now() + ? * interval '1 second'`, [LIFETIME_SECONDS]),
    })
    .returning('expires_at')
  return row.expires_at
}

/** Whose session it is; undefined when nobody was given it, or it has ended. */
export async function find(db: Knex, hash: Buffer): Promise<BoardCaller | undefined> {
  const row = await db('ocpp.board_sessions')
    .first('tenant_id', 'user_name', 'expires_at')
    .where({ session_hash: hash })
    .whereRaw('expires_at > now()')
    .options({ name: 'find-board-session' })
  if (row === undefined) return undefined
  const { tenant_id: tenantId, user_name: userName, expires_at } = row
  return { kind: 'board', tenantId, userName, sessionHash: hash, expiresAt: expires_at.getTime() }
}

export async function end(db: Knex, hash: Buffer): Promise<void> {
  await db('ocpp.board_sessions').where({ session_hash: hash }).delete()
}

export async function removeExpired(db: Knex): Promise<number> {
  return db('ocpp.board_sessions').whereRaw('expires_at < now()').delete()
}
