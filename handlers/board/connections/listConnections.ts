import type { Handlers } from '../../../generated/board/index.ts'
import { toConnection } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import * as connections from '../../../src/store/boardConnections.ts'

export const listConnections: Handlers['listConnections'] = async ({ db, caller, query }) =>
  listReply(await connections.list(db, caller.tenantId, query), toConnection)
