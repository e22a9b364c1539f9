import type { Handlers } from '../../../generated/ocpp/index.ts'
import { keepProgress } from '../../../src/ocpp/commands/progress.ts'

export const firmwareStatusNotification: Handlers['v16']['firmwareStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status } = payload
  await keepProgress(db, station, { subject: 'firmware', requestId: undefined, status, at: receivedAt })
  return {}
}
