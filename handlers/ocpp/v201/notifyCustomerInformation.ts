import type { Handlers } from '../../../generated/ocpp/index.ts'
import { stationTime } from '../../../src/ocpp/stationTime.ts'
import * as stationMessages from '../../../src/store/stationMessages.ts'

export const notifyCustomerInformation: Handlers['v201']['notifyCustomerInformation'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { requestId, seqNo, data, generatedAt } = payload
  const at = stationTime(generatedAt, receivedAt)
  await stationMessages.storeCustomerInformation(db, station, { requestId, sequence: seqNo, data, at })
  return {}
}
