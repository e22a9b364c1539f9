import type { Handlers } from '../../../generated/board/index.ts'
import { toSystemEvent } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import * as events from '../../../src/store/boardEvents.ts'

export const listSystemEvents: Handlers['listSystemEvents'] = async ({ db, caller, query }) =>
  listReply(await events.listSystemEvents(db, caller.tenantId, query), toSystemEvent)
