import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { pageHeaders } from '../../../src/contracts/tellus/paging.ts'
import * as serviceAccounts from '../../../src/store/serviceAccounts.ts'

export const listServiceAccounts: Handlers['listServiceAccounts'] = async ({ db, caller, query, url }) => {
  const page = await serviceAccounts.list(db, caller.tenantId, query)
  return success(page, pageHeaders(url, page))
}
