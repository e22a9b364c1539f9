import type { Handlers } from '../../../generated/ocpp/index.ts'
import { stationTime } from '../../../src/ocpp/stationTime.ts'
import * as stationVariables from '../../../src/store/stationVariables.ts'

export const notifyReport: Handlers['v201']['notifyReport'] = async ({ db, station, payload, receivedAt }) => {
  const { generatedAt, reportData = [] } = payload
  await stationVariables.store(db, station, reportData, stationTime(generatedAt, receivedAt))
  return {}
}
