import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import { periodOf } from '../../../src/period.ts'
import * as componentHealth from '../../../src/store/componentHealth.ts'

export const listComponentHealth: Handlers['listComponentHealth'] = async ({ db, caller, path, query }) => {
  const { tenantId } = caller
  const period = periodOf(query, new Date())
  if (!(await componentHealth.hasDevice(db, tenantId, path.id))) throw notFound('device')
  return success(await componentHealth.history(db, { tenantId, deviceId: path.id, ...period }))
}
