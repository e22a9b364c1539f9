import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { nextHeaders } from '../../../src/contracts/tellus/paging.ts'
import * as auditLogs from '../../../src/store/auditLogs.ts'

export const listAuditLogs: Handlers['listAuditLogs'] = async ({ db, caller, query, url }) => {
  const page = await auditLogs.list(db, caller.tenantId, query)
  return success(page, nextHeaders(url, page.next))
}
