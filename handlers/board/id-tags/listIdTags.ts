import type { Handlers } from '../../../generated/board/index.ts'
import { toIdTag } from '../../../src/board/items.ts'
import { listReply } from '../../../src/contracts/board/lists.ts'
import * as idTags from '../../../src/store/idTags.ts'

export const listIdTags: Handlers['listIdTags'] = async ({ db, caller, query }) =>
  listReply(await idTags.list(db, caller.tenantId, query), toIdTag)
