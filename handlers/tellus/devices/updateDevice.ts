import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as devices from '../../../src/store/devices.ts'

export const updateDevice: Handlers['updateDevice'] = async ({ db, caller, path, body, config }) => {
  if (body.site_id !== undefined) await devices.place(db, caller.tenantId, path.id, body.site_id)
  const device = await devices.find(db, caller.tenantId, path.id, config.heartbeatGraceSeconds)
  if (device === undefined) throw notFound('device')
  return success(device)
}
