import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationStatuses from '../../../src/store/stationStatuses.ts'

export const logStatusNotification: Handlers['v201']['logStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status, requestId } = payload
  await stationStatuses.store(db, station, { subject: 'log', requestId, status, at: receivedAt })
  return {}
}
