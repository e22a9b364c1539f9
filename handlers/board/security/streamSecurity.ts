import type { Handlers } from '../../../generated/board/index.ts'

export const streamSecurity: Handlers['streamSecurity'] = async ({ boardStreams, caller, headers, query }) =>
  boardStreams.security.open(caller, headers['last-event-id'] ?? query.lastEventId)
