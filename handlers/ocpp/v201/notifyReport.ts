import type { Handlers } from '../../../generated/ocpp/index.ts'
import { maskPayload } from '../../../src/ocpp/masking.ts'
import { stationTime } from '../../../src/ocpp/stationTime.ts'
import * as stationVariables from '../../../src/store/stationVariables.ts'

export const notifyReport: Handlers['v201']['notifyReport'] = async ({ db, station, payload, receivedAt }) => {
  const { generatedAt, reportData = [] } = maskPayload(payload)
  await stationVariables.store(db, station, reportData, stationTime(generatedAt, receivedAt))
  return {}
}
