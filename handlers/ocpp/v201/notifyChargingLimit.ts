import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationCharging from '../../../src/store/stationCharging.ts'

export const notifyChargingLimit: Handlers['v201']['notifyChargingLimit'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { evseId = 0, chargingLimit, chargingSchedule = [] } = payload
  await stationCharging.storeLimit(db, station, {
    evseId,
    source: chargingLimit.chargingLimitSource,
    limit: chargingLimit,
    schedules: chargingSchedule,
    at: receivedAt,
  })
  return {}
}
