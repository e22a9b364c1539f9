import type { Knex } from 'knex'
import { hashSecret, newPassword } from '../auth/secrets.ts'
import * as stations from '../store/ocppStations.ts'
import * as tenants from '../store/tenants.ts'
import type { Credentials } from './credentials.ts'
import { TENANTS } from './fleet.ts'
import { seedIdTags } from './idTags.ts'

const IDENTITY = 'ACME-DEMO-CP-001'

/**
 * A station of the first tenant, linked to one of its devices. Unknown stations may join that tenant with the same
 * password, and what stations tell is shown on the devices of its sites.
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
  await stations.setEnrollmentPassword(db, tenantId!, passwordHash)
  await seedIdTags(db)
  await db('core.sites').where({ tenant_id: tenantId }).update({ ocpp_consent: true })
  return { identity: IDENTITY, password }
}
