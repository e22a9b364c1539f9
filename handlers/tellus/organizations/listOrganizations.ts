import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { pageHeaders } from '../../../src/contracts/tellus/paging.ts'
import * as organizations from '../../../src/store/organizations.ts'

export const listOrganizations: Handlers['listOrganizations'] = async ({ db, caller, query, url }) => {
  const page = await organizations.list(db, caller.tenantId, query)
  return success(page, pageHeaders(url, page))
}
