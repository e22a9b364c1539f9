import type { Handlers } from '../../../generated/board/index.ts'
import { SYSTEM_COLUMNS } from '../../../src/board/columns.ts'
import { toSystemEvent } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import { exportReply, exportType, VARY } from '../../../src/http/export.ts'
import * as events from '../../../src/store/boardEvents.ts'

export const listSystemEvents: Handlers['listSystemEvents'] = async ({ db, caller, query, headers }) => {
  const type = exportType(headers.accept)
  return type === undefined
    ? listReply(await events.listSystemEvents(db, caller.tenantId, query), toSystemEvent, VARY)
    : exportReply(type, events.systemEventPages(db, caller.tenantId, query), toSystemEvent, SYSTEM_COLUMNS)
}
