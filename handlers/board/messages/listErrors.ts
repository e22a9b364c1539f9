import type { Handlers } from '../../../generated/board/index.ts'
import { ERROR_COLUMNS } from '../../../src/board/columns.ts'
import { toErrorMessage } from '../../../src/board/items.ts'
import { listReply, nextLink } from '../../../src/contracts/board/lists.ts'
import { exportReply, exportType, VARY } from '../../../src/http/export.ts'
import * as messages from '../../../src/store/boardMessages.ts'

export const listErrors: Handlers['listErrors'] = async ({ db, caller, query, url, headers }) => {
  const type = exportType(headers.accept)
  if (type !== undefined)
    return exportReply(type, messages.errorPages(db, caller.tenantId, query), toErrorMessage, ERROR_COLUMNS)
  const list = await messages.listErrors(db, caller.tenantId, query)
  if (list === undefined) throw messages.unknownMessage()
  return listReply(list, toErrorMessage, { ...VARY, ...nextLink(url, list.items, query.limit) })
}
