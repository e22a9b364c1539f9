import type { Handlers } from '../../../generated/board/index.ts'

export const streamTelemetry: Handlers['streamTelemetry'] = async ({ boardStreams, caller, headers, query }) =>
  boardStreams.telemetry.open(caller, headers['last-event-id'] ?? query.lastEventId)
