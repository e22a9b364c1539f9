import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const listRequests: Handlers['listRequests'] = async ({ requestLog, caller }) => {
  const items = requestLog.list(caller.tenantId)
  return success({ items, total: items.length })
}
