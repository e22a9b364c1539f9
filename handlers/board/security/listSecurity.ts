import type { Handlers } from '../../../generated/board/index.ts'
import { toSecurityEvent } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import { listSecurityEvents } from '../../../src/store/boardEvents.ts'

export const listSecurity: Handlers['listSecurity'] = async ({ db, caller, query }) =>
  listReply(await listSecurityEvents(db, caller.tenantId, query), toSecurityEvent)
