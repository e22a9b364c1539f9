import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import { removeSchedule } from '../../../src/schedule/removeSchedule.ts'

export const deleteSchedule: Handlers['deleteSchedule'] = async ({ db, config, caller, path }) => {
  const target = { tenantId: caller.tenantId, deviceId: path.id, connectorId: path.cid }
  if (!(await removeSchedule(db, target, config.commandExpirySeconds))) throw notFound('schedule')
  return success(null)
}
