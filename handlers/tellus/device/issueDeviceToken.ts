import type { Handlers } from '../../../generated/tellus/index.ts'
import { tokenReply } from '../../../src/auth/tokenReply.ts'
import { ApiError } from '../../../src/errors.ts'
import * as registration from '../../../src/store/registration.ts'

export const issueDeviceToken: Handlers['issueDeviceToken'] = async ({ db, body, concerns }) => {
  const device = await registration.authenticate(db, body.device_id, body.device_secret)
  if (device === undefined) throw new ApiError('unauthorized', 'the device is unknown or its secret is wrong')
  concerns(device.tenantId)
  return tokenReply(db, device, {})
}
