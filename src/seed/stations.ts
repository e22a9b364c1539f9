import type { Knex } from 'knex'
import { hashSecret, newPassword } from '../auth/secrets.ts'
import * as stations from '../store/ocppStations.ts'
import * as tenants from '../store/tenants.ts'
import type { Credentials } from './credentials.ts'
import { TENANTS } from './fleet.ts'

const IDENTITY = 'ACME-DEMO-CP-001'

/**
 * A station of the first tenant, linked to one of its devices. Unknown stations may join that tenant with the same
 * password, every driver may charge, and what stations tell is shown on the devices of its sites.
 */
export async function seedStations(db: Knex): Promise<Credentials['ocpp']> {
  const tenantId = await tenants.findBySlug(db, TENANTS[0]!.slug)
  const device = await db('core.devices').first('device_id', 'site_id').where({ tenant_id: tenantId }).orderBy('sn')
  const password = newPassword()
  const passwordHash = hashSecret(password)
  await stations.create(db, {
    identity: IDENTITY,
    tenantId: tenantId!,
    siteId: device.site_id,
    deviceId: device.device_id,
    passwordHash,
  })
  await db('ocpp.tenant_settings').insert({
    tenant_id: tenantId,
    unknown_id_tags: 'accept',
    enrollment_password_hash: passwordHash,
  })
  await db('core.sites').where({ tenant_id: tenantId }).update({ ocpp_consent: true })
  return { identity: IDENTITY, password }
}
