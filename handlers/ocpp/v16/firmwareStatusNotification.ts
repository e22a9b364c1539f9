import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationStatuses from '../../../src/store/stationStatuses.ts'

export const firmwareStatusNotification: Handlers['v16']['firmwareStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status } = payload
  await stationStatuses.store(db, station, { subject: 'firmware', requestId: undefined, status, at: receivedAt })
  return {}
}
