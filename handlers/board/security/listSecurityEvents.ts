import type { Handlers } from '../../../generated/board/index.ts'
import { toSecurityEvent } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import * as events from '../../../src/store/boardEvents.ts'

export const listSecurityEvents: Handlers['listSecurityEvents'] = async ({ db, caller, query }) =>
  listReply(await events.listSecurityEvents(db, caller.tenantId, query), toSecurityEvent)
