import type { Handlers } from '../../../generated/board/index.ts'
import { toChargingSession } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import { listChargingDecisions } from '../../../src/store/boardEvents.ts'

export const listChargingSessions: Handlers['listChargingSessions'] = async ({ db, caller, query }) =>
  listReply(await listChargingDecisions(db, caller.tenantId, query), toChargingSession)
