import type { Handlers } from '../../../generated/board/index.ts'
import { toErrorMessage } from '../../../src/board/items.ts'
import { listReply, nextLink } from '../../../src/contracts/board/lists.ts'
import { invalid } from '../../../src/errors.ts'
import * as messages from '../../../src/store/boardMessages.ts'

export const listErrors: Handlers['listErrors'] = async ({ db, caller, query, url }) => {
  const list = await messages.listErrors(db, caller.tenantId, query)
  if (list === undefined) throw invalid('before', 'before names no message')
  return listReply(list, toErrorMessage, nextLink(url, list.items, query.limit))
}
