import type { Handlers } from '../../../generated/board/index.ts'
import { MESSAGE_COLUMNS } from '../../../src/board/columns.ts'
import { toMessage } from '../../../src/board/items.ts'
import { listReply, nextLink } from '../../../src/contracts/board/lists.ts'
import { exportReply, exportType, VARY } from '../../../src/http/export.ts'
import * as messages from '../../../src/store/boardMessages.ts'

export const listMessages: Handlers['listMessages'] = async ({ db, caller, query, url, headers }) => {
  const type = exportType(headers.accept)
  if (type !== undefined)
    return exportReply(type, messages.pages(db, caller.tenantId, query), toMessage, MESSAGE_COLUMNS)
  const list = await messages.list(db, caller.tenantId, query)
  if (list === undefined) throw messages.unknownMessage()
  return listReply(list, toMessage, { ...VARY, ...nextLink(url, list.items, query.limit) })
}
