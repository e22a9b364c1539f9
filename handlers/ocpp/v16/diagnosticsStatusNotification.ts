import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationStatuses from '../../../src/store/stationStatuses.ts'

export const diagnosticsStatusNotification: Handlers['v16']['diagnosticsStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status } = payload
  await stationStatuses.store(db, station, { subject: 'diagnostics', requestId: undefined, status, at: receivedAt })
  return {}
}
