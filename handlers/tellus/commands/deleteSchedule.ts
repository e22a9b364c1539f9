import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as schedules from '../../../src/store/schedules.ts'

export const deleteSchedule: Handlers['deleteSchedule'] = async ({ db, caller, path }) => {
  if (!(await schedules.remove(db, caller.tenantId, path.id, path.cid))) throw notFound('schedule')
  return success(null)
}
