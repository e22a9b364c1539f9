import type { Handlers } from '../../../generated/board/index.ts'
import { toMessage } from '../../../src/board/items.ts'
import { toOverview } from '../../../src/board/numbers.ts'
import * as messages from '../../../src/store/boardMessages.ts'
import { readNumbers } from '../../../src/store/boardNumbers.ts'

export const getOverview: Handlers['getOverview'] = async ({ db, caller }) => {
  const [numbers, recent] = await Promise.all([
    readNumbers(db, caller.tenantId),
    messages.listRecent(db, caller.tenantId, { limit: 10 }),
  ])
  return { status: 200, body: { ...toOverview(numbers), recentMessages: recent.map(toMessage) } }
}
