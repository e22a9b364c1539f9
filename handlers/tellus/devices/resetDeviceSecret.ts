import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as registration from '../../../src/store/registration.ts'

export const resetDeviceSecret: Handlers['resetDeviceSecret'] = async ({ db, caller, path }) =>
  success(await registration.resetSecret(db, caller.tenantId, path.id))
