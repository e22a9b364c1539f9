import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { LIFETIME_SECONDS } from '../../../src/store/accessTokens.ts'
import * as registration from '../../../src/store/registration.ts'

export const registerDevice: Handlers['registerDevice'] = async ({ db, caller, body }) => {
  const { deviceId, secret } = await registration.register(db, caller.tenantId, body)
  return success({ device_id: deviceId, device_secret: secret, expires_in: LIFETIME_SECONDS })
}
