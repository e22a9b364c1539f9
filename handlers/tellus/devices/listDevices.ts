import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as devices from '../../../src/store/devices.ts'

export const listDevices: Handlers['listDevices'] = async ({ db, caller, query, config }) =>
  success(await devices.list(db, caller.tenantId, query, config.heartbeatGraceSeconds))
