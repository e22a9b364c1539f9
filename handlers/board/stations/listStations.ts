import type { Handlers } from '../../../generated/board/index.ts'
import { toStation } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import * as stations from '../../../src/store/boardStations.ts'

export const listStations: Handlers['listStations'] = async ({ db, caller, query }) =>
  listReply(await stations.list(db, caller.tenantId, query), toStation)
