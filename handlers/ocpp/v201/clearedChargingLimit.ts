import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationCharging from '../../../src/store/stationCharging.ts'

export const clearedChargingLimit: Handlers['v201']['clearedChargingLimit'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { chargingLimitSource, evseId } = payload
  await stationCharging.clearLimit(db, station, { source: chargingLimitSource, evseId, at: receivedAt })
  return {}
}
