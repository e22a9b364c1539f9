import type { Handlers } from '../../../generated/ocpp/index.ts'
import { stationTime } from '../../../src/ocpp/stationTime.ts'
import * as stationVariables from '../../../src/store/stationVariables.ts'

export const notifyMonitoringReport: Handlers['v201']['notifyMonitoringReport'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { generatedAt, monitor = [] } = payload
  await stationVariables.storeMonitors(db, station, monitor, stationTime(generatedAt, receivedAt))
  return {}
}
