import type { Knex } from 'knex'
import { type List, type Listing, readList } from './boardLists.ts'

/** A station, whether or not it has ever connected. */
export interface StationRow {
  identity: string
  site_id: string | null
  device_id: string | null
  validation: 'strict' | 'tolerant' | 'off'
  registration: 'Accepted' | 'Pending' | 'Rejected' | null
  password_hash: Buffer | null
  vendor: string | null
  model: string | null
  serial_number: string | null
  firmware_version: string | null
  booted_at: Date | null
  created_at: Date
  updated_at: Date
  /** Of its latest connection. */
  protocol: string | null
  connection_id: string | null
  disconnected_at: Date | null
}

const OWN = [
  'identity',
  'site_id',
  'device_id',
  'validation',
  'registration',
  'password_hash',
  'vendor',
  'model',
  'serial_number',
  'firmware_version',
  'booted_at',
  'created_at',
  'updated_at',
].map(column => `s.${column}`)
const COLUMNS = [...OWN, 'c.protocol', 'c.connection_id', 'c.disconnected_at']

const stationsOf = (db: Knex, tenantId: string) =>
  db('ocpp.stations as s')
    .leftJoin('ocpp.connection_states as c', { 'c.tenant_id': 's.tenant_id', 'c.identity': 's.identity' })
    .where('s.tenant_id', tenantId)

/** The stations of a tenant by identity. */
export async function list(db: Knex, tenantId: string, listing: Listing): Promise<List<StationRow>> {
  return readList(db, stationsOf(db, tenantId), { columns: COLUMNS, order: 's.identity' }, listing)
}

export async function find(db: Knex, tenantId: string, identity: string): Promise<StationRow | undefined> {
  return stationsOf(db, tenantId).first(COLUMNS).where('s.identity', identity)
}

export interface StationChange {
  siteId?: string | null
  validation?: StationRow['validation']
  /** Takes the password back that there was: connections that were made with it end. */
  passwordHash?: Buffer
}

/** Changes what is given of a station. @returns false where the tenant has no such station */
export async function update(
  db: Knex,
  tenantId: string,
  identity: string,
  { siteId, validation, passwordHash }: StationChange,
): Promise<boolean> {
  const changed = await db('ocpp.stations')
    .where({ identity, tenant_id: tenantId })
    .update({
      ...(siteId !== undefined && { site_id: siteId }),
      ...(validation !== undefined && { validation }),
      ...(passwordHash !== undefined && {
        password_hash: passwordHash,
        next_password_hash: null,
        password_epoch: db.raw('password_epoch + 1'),
      }),
      updated_at: db.fn.now(),
    })
  return changed > 0
}
