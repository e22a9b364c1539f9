import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationMessages from '../../../src/store/stationMessages.ts'

export const notifyDisplayMessages: Handlers['v201']['notifyDisplayMessages'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  await stationMessages.storeDisplayed(db, station, payload.messageInfo ?? [], receivedAt)
  return {}
}
