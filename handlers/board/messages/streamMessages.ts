import type { Handlers } from '../../../generated/board/index.ts'
import { wantsMessage } from '../../../src/board/wantsMessage.ts'

export const streamMessages: Handlers['streamMessages'] = async ({ boardStreams, caller, headers, query }) =>
  boardStreams.messages.open(caller, headers['last-event-id'] ?? query.lastEventId, wantsMessage(query))
