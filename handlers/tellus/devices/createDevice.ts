import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { LIFETIME_SECONDS } from '../../../src/store/accessTokens.ts'
import * as devices from '../../../src/store/devices.ts'
import * as registration from '../../../src/store/registration.ts'

export const createDevice: Handlers['createDevice'] = async ({ db, caller, body: { site_id, ...facts } }) => {
  const { deviceId, secret } = await registration.register(db, caller.tenantId, facts)
  if (site_id !== undefined) await devices.place(db, caller.tenantId, deviceId, site_id)
  const credentials = { device_id: deviceId, device_secret: secret, expires_in: LIFETIME_SECONDS }
  return success(credentials, { 'Cache-Control': 'no-store' })
}
