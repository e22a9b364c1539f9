import type { Handlers } from '../../../generated/ocpp/index.ts'
import { stationTime } from '../../../src/ocpp/stationTime.ts'
import * as stationCharging from '../../../src/store/stationCharging.ts'

export const notifyEVChargingSchedule: Handlers['v201']['notifyEVChargingSchedule'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { evseId, chargingSchedule, timeBase } = payload
  const at = stationTime(timeBase, receivedAt)
  await stationCharging.storeWish(db, station, evseId, { kind: 'schedule', value: chargingSchedule, at })
  return { status: 'Accepted' }
}
