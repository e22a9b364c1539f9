import type { Knex } from 'knex'
import { given, type List, type Listing, readList } from './boardLists.ts'

/** A station and its latest connection. */
export interface ConnectionRow {
  identity: string
  connection_id: string
  remote_address: string
  protocol: string
  connected_at: Date
  disconnected_at: Date | null
  /** A bigint, as text. */
  message_count: string
  error_count: string
  last_message_at: Date | null
}

export interface ConnectionFilter extends Listing {
  status?: 'online' | 'offline' | 'all'
  protocol?: string
}

const COLUMNS = [
  'identity',
  'connection_id',
  'remote_address',
  'protocol',
  'connected_at',
  'disconnected_at',
  'message_count',
  'error_count',
  'last_message_at',
]

/** The stations that are or were connected, the latest connection first. */
export async function list(
  db: Knex,
  tenantId: string,
  { status, protocol, ...listing }: ConnectionFilter,
): Promise<List<ConnectionRow>> {
  const rows = db('ocpp.connection_states').where({ tenant_id: tenantId, ...given({ protocol }) })
  if (status === 'online') rows.whereNull('disconnected_at')
  if (status === 'offline') rows.whereNotNull('disconnected_at')
  return readList(db, rows, { columns: COLUMNS, order: 'connected_at desc, identity' }, listing)
}

export async function find(db: Knex, tenantId: string, identity: string): Promise<ConnectionRow | undefined> {
  return db('ocpp.connection_states').first(COLUMNS).where({ tenant_id: tenantId, identity })
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
