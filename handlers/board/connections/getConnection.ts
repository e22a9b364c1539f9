import type { Handlers } from '../../../generated/board/index.ts'
import { toConnection, toMessage } from '../../../src/board/items.ts'
import { unknownConnection } from '../../../src/contracts/board/errors.ts'
import * as connections from '../../../src/store/boardConnections.ts'
import * as messages from '../../../src/store/boardMessages.ts'

export const getConnection: Handlers['getConnection'] = async ({ db, caller, path: { identity } }) => {
  const connection = await connections.find(db, caller.tenantId, identity)
  if (connection === undefined) throw unknownConnection()
  const recent = await messages.listRecent(db, caller.tenantId, { identity, limit: 100 })
  return { status: 200, body: { ...toConnection(connection), recentMessages: recent.map(toMessage) } }
}
