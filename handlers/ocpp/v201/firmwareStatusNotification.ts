import type { Handlers } from '../../../generated/ocpp/index.ts'
import { keepProgress } from '../../../src/ocpp/commands/progress.ts'

export const firmwareStatusNotification: Handlers['v201']['firmwareStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status, requestId } = payload
  await keepProgress(db, station, { subject: 'firmware', requestId, status, at: receivedAt })
  return {}
}
