import type { Handlers } from '../../../generated/board/index.ts'
import { toProxyEvent } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import * as events from '../../../src/store/boardEvents.ts'

export const listProxyEvents: Handlers['listProxyEvents'] = async ({ db, caller, query }) =>
  listReply(await events.listProxyEvents(db, caller.tenantId, query), toProxyEvent)
