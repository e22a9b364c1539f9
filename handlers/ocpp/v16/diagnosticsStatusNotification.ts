import type { Handlers } from '../../../generated/ocpp/index.ts'
import { keepProgress } from '../../../src/ocpp/commands/progress.ts'

export const diagnosticsStatusNotification: Handlers['v16']['diagnosticsStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status } = payload
  await keepProgress(db, station, { subject: 'diagnostics', requestId: undefined, status, at: receivedAt })
  return {}
}
