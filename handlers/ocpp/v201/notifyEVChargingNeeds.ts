import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as stationCharging from '../../../src/store/stationCharging.ts'

export const notifyEVChargingNeeds: Handlers['v201']['notifyEVChargingNeeds'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { evseId, chargingNeeds } = payload
  await stationCharging.storeWish(db, station, evseId, { kind: 'needs', value: chargingNeeds, at: receivedAt })
  const additionalInfo = 'No schedule is made from the needs of a vehicle.'
  return { status: 'Rejected', statusInfo: { reasonCode: 'NoSchedule', additionalInfo } }
}
