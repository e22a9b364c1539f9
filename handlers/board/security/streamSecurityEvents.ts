import type { Handlers } from '../../../generated/board/index.ts'

export const streamSecurityEvents: Handlers['streamSecurityEvents'] = async ({
  boardStreams,
  caller,
  headers,
  query,
}) => boardStreams.security.open(caller, headers['last-event-id'] ?? query.lastEventId)
