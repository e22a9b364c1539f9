import type { Handlers } from '../../../generated/ocpp/index.ts'
import { keepProgress } from '../../../src/ocpp/commands/progress.ts'

export const logStatusNotification: Handlers['v201']['logStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status, requestId } = payload
  await keepProgress(db, station, { subject: 'log', requestId, status, at: receivedAt })
  return {}
}
