import type { Handlers } from '../../../generated/board/index.ts'
import { toMessage } from '../../../src/board/items.ts'
import { listReply, nextLink } from '../../../src/contracts/board/lists.ts'
import { invalid } from '../../../src/errors.ts'
import * as messages from '../../../src/store/boardMessages.ts'

export const listMessages: Handlers['listMessages'] = async ({ db, caller, query, url }) => {
  const list = await messages.list(db, caller.tenantId, query)
  if (list === undefined) throw invalid('before', 'before names no message')
  return listReply(list, toMessage, nextLink(url, list.items, query.limit))
}
