import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as schedules from '../../../src/store/schedules.ts'

export const getSchedule: Handlers['getSchedule'] = async ({ db, caller, path }) => {
  const stored = await schedules.find(db, caller.tenantId, path.id, path.cid)
  if (stored === undefined) throw notFound('schedule')
  return success(schedules.toSchedule(stored))
}
