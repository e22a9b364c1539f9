import type { Knex } from 'knex'
import { given, type List, type Listing, readList } from './boardLists.ts'
import { instant } from './instant.ts'

/** A station and its latest connection. */
export interface ConnectionRow {
  identity: string
  connection_id: string
  remote_address: string
  protocol: string
  connected_at: string
  disconnected_at: string | null
  /** A bigint, as text. */
  message_count: string
  error_count: string
  last_message_at: string | null
}

export interface ConnectionFilter extends Listing {
  status?: 'online' | 'offline' | 'all'
  protocol?: string
}

const COLUMNS = ['identity', 'connection_id', 'remote_address', 'protocol', 'message_count', 'error_count']
const INSTANTS = ['connected_at', 'disconnected_at', 'last_message_at']
  .map(column => `${instant(column)} as ${column}`)
  .join()
const columnsOf = (db: Knex) => [...COLUMNS, db.raw(INSTANTS)]
/** By the column itself and not by its text: that has no microseconds. */
const LATEST_FIRST = 'connection_states.connected_at desc, identity'

/** The stations that are or were connected, the latest connection first. */
export async function list(
  db: Knex,
  tenantId: string,
  { status, protocol, ...listing }: ConnectionFilter,
): Promise<List<ConnectionRow>> {
  const rows = db('ocpp.connection_states').where({ tenant_id: tenantId, ...given({ protocol }) })
  if (status === 'online') rows.whereNull('disconnected_at')
  if (status === 'offline') rows.whereNotNull('disconnected_at')
  return readList(db, rows, { columns: columnsOf(db), order: LATEST_FIRST }, listing)
}

export async function find(db: Knex, tenantId: string, identity: string): Promise<ConnectionRow | undefined> {
  return db('ocpp.connection_states').first(columnsOf(db)).where({ tenant_id: tenantId, identity })
}

/**
 * Removes the connections of a station that have ended, and nothing else: what was said on them stays.
 *
 * @returns false when there is no such station
 */
export async function removeHistory(db: Knex, tenantId: string, identity: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: { known: boolean }[] }>(
    `with past as (
       delete from ocpp.connections
       where tenant_id = :tenantId and identity = :identity and disconnected_at is not null),
     shown as (
       delete from ocpp.connection_states
       where tenant_id = :tenantId and identity = :identity and disconnected_at is not null)
     select exists (
       select from ocpp.connection_states where tenant_id = :tenantId and identity = :identity) as known`,
    { tenantId, identity },
  )
  return rows[0]!.known
}
