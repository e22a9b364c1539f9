import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const listActivity: Handlers['listActivity'] = async ({ activity, caller, query }) => {
  const items = await activity.list(caller.tenantId, query.limit ?? 50)
  return success({ items, total: items.length })
}
