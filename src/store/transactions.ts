import type { Knex } from 'knex'
import { paddedPosition } from '../feed/feed.ts'

/**
 * Whether a query that begins now sees what these transactions wrote. The write-ahead log tells of a commit a moment
 * before Postgres lets others see it, and by much more than a moment on a busy machine or with a synchronous standby.
 *
 * @param ids transactions as the log names them: the low 32 bits of Postgres's xid8, whose high ones are those nearest
 *   to the transactions of now
 */
export async function areVisible(db: Knex, ids: number[]): Promise<boolean> {
  const { rows } = await db.raw<{ rows: { visible: boolean }[] }>(
    `with now as (
       select snapshot, pg_snapshot_xmax(snapshot)::text::int8 as next from pg_current_snapshot() as snapshot)
     select coalesce(bool_and(pg_visible_in_snapshot(
       (next + ((id - next + 2147483648) & 4294967295) - 2147483648)::text::xid8, snapshot)), true) as visible
     from now, unnest(:ids::int8[]) as id`,
    { ids },
  )
  return rows[0]!.visible
}

/** Where the write-ahead log ends: every commit stands before it. In the form of the first part of a change's position. */
export async function flushedPosition(db: Knex): Promise<string> {
  const { rows } = await db.raw<{ rows: { position: string }[] }>('select pg_current_wal_flush_lsn()::text as position')
  return paddedPosition(rows[0]!.position)
}
