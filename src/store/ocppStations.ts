import type { Knex } from 'knex'
import type { Protocol, Station } from '../ocpp/action.ts'

/** A station with what it proves itself by. */
export interface StationAccount extends Station {
  /** SHA-256 of its password; null for one that has none of its own. */
  passwordHash: Buffer | null
  /** Of a password that it was given and has not come with yet; it may also still have the one before. */
  nextPasswordHash: Buffer | null
  /** The common name of its client certificate, when that is not the identity. */
  certificateName: string | null
}

interface StationRow {
  identity: string
  tenant_id: string
  site_id: string | null
  device_id: string | null
  validation: Station['validation']
  registration: Station['registration']
  registration_protocol: Protocol | null
  password_epoch: number
  password_hash: Buffer | null
  next_password_hash: Buffer | null
  certificate_name: string | null
}

const COLUMNS = [
  'identity',
  'tenant_id',
  'site_id',
  'device_id',
  'validation',
  'registration',
  'registration_protocol',
  'password_epoch',
  'password_hash',
  'next_password_hash',
  'certificate_name',
] as const

export async function find(db: Knex, identity: string): Promise<StationAccount | undefined> {
  const row = await db<StationRow>('ocpp.stations')
    .first(...COLUMNS)
    .where({ identity })
  return row && toAccount(row)
}

/** Where stations stand; those that are gone are left out. */
export async function findAll(db: Knex, identities: string[]): Promise<Station[]> {
  const rows = await db<StationRow>('ocpp.stations')
    .select(...COLUMNS)
    .whereRaw('identity = any(?)', [identities])
  return rows.map(toStation)
}

export interface NewStation {
  identity: string
  tenantId: string
  siteId?: string | null
  deviceId?: string | null
  passwordHash?: Buffer | null
  /** Whether it came by itself, by the password of open enrollment. */
  enrolled?: boolean
}

/** Makes a station. @returns false when the identity is taken, by whichever tenant */
export async function create(db: Knex, station: NewStation): Promise<boolean> {
  const rows = await db('ocpp.stations')
    .insert({
      identity: station.identity,
      tenant_id: station.tenantId,
      site_id: station.siteId ?? null,
      device_id: station.deviceId ?? null,
      password_hash: station.passwordHash ?? null,
      enrolled: station.enrolled ?? false,
    })
    .onConflict('identity')
    .ignore()
    .returning('identity')
  return rows.length > 0
}

/** Where a station stands by a change of its row, as the feed tells it. */
export const fromChange = (row: Record<string, unknown>): Station => toStation(row as unknown as StationRow)

function toStation(row: StationRow): Station {
  return {
    identity: row.identity,
    tenantId: row.tenant_id,
    siteId: row.site_id,
    deviceId: row.device_id,
    validation: row.validation,
    registration: row.registration,
    registeredWith: row.registration_protocol,
    passwordEpoch: row.password_epoch,
  }
}

const toAccount = (row: StationRow): StationAccount => ({
  ...toStation(row),
  passwordHash: row.password_hash,
  nextPasswordHash: row.next_password_hash,
  certificateName: row.certificate_name,
})

/** The tenant that unknown stations join, with the hash of the password that lets them; undefined where there is none. */
export async function enrollmentOf(
  db: Knex,
  slug: string,
): Promise<{ tenantId: string; passwordHash: Buffer | null } | undefined> {
  const row = await db('core.tenants as t')
    .leftJoin('ocpp.tenant_settings as s', 's.tenant_id', 't.tenant_id')
    .first('t.tenant_id', 's.enrollment_password_hash')
    .where('t.slug', slug)
  return row && { tenantId: row.tenant_id, passwordHash: row.enrollment_password_hash }
}

export async function isSiteOf(db: Knex, tenantId: string, siteId: string): Promise<boolean> {
  return (await db('core.sites').first('site_id').where({ tenant_id: tenantId, site_id: siteId })) !== undefined
}

/** Sets the password that lets unknown stations join a tenant, as its SHA-256. */
export async function setEnrollmentPassword(db: Knex, tenantId: string, passwordHash: Buffer): Promise<void> {
  await db('ocpp.tenant_settings')
    .insert({ tenant_id: tenantId, enrollment_password_hash: passwordHash })
    .onConflict('tenant_id')
    .merge(['enrollment_password_hash'])
}
