import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationCharging from '../../../src/store/stationCharging.ts'

export const reportChargingProfiles: Handlers['v201']['reportChargingProfiles'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { evseId, chargingLimitSource, chargingProfile } = payload
  const report = { evseId, source: chargingLimitSource, profiles: chargingProfile, at: receivedAt }
  await stationCharging.storeProfiles(db, station, report)
  return {}
}
