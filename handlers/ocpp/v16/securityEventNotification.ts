import type { Handlers } from '../../../generated/ocpp/index.ts'
import { noteReport } from '../../../src/ocpp/stationReports.ts'

export const securityEventNotification: Handlers['v16']['securityEventNotification'] = async ({
  db,
  station,
  payload,
}) => {
  await noteReport(db, station, payload)
  return {}
}
