import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationStatuses from '../../../src/store/stationStatuses.ts'

export const firmwareStatusNotification: Handlers['v201']['firmwareStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status, requestId } = payload
  await stationStatuses.store(db, station, { subject: 'firmware', requestId, status, at: receivedAt })
  return {}
}
