import type { Handlers } from '../../../generated/board/index.ts'
import { SECURITY_COLUMNS } from '../../../src/board/columns.ts'
import { toSecurityEvent } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import { exportReply, exportType, VARY } from '../../../src/http/export.ts'
import * as events from '../../../src/store/boardEvents.ts'

export const listSecurity: Handlers['listSecurity'] = async ({ db, caller, query, headers }) => {
  const type = exportType(headers.accept)
  return type === undefined
    ? listReply(await events.listSecurityEvents(db, caller.tenantId, query), toSecurityEvent, VARY)
    : exportReply(type, events.securityEventPages(db, caller.tenantId, query), toSecurityEvent, SECURITY_COLUMNS)
}
