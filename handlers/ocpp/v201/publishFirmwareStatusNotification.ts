import type { Handlers } from '../../../generated/ocpp/index.ts'
import { maskPayload } from '../../../src/ocpp/masking.ts'
import * as stationStatuses from '../../../src/store/stationStatuses.ts'

export const publishFirmwareStatusNotification: Handlers['v201']['publishFirmwareStatusNotification'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { status, requestId, location } = maskPayload(payload)
  await stationStatuses.store(db, station, {
    subject: 'published_firmware',
    requestId,
    status,
    details: { location },
    at: receivedAt,
  })
  return {}
}
