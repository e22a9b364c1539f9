import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { setSchedule as set } from '../../../src/schedule/setSchedule.ts'

export const setSchedule: Handlers['setSchedule'] = async ({ db, jobs, config, caller, path, body }) => {
  const target = { tenantId: caller.tenantId, deviceId: path.id, connectorId: path.cid }
  return success(await set(db, jobs, target, body, config.commandExpirySeconds))
}
