import type { Handlers } from '../../../generated/ocpp/index.ts'

export const heartbeat: Handlers['v16']['heartbeat'] = async ({ receivedAt }) => ({
  currentTime: receivedAt.toISOString(),
})
