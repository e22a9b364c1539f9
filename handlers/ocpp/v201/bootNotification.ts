import type { Handlers } from '../../../generated/ocpp/index.ts'
import { learnFeatures } from '../../../src/ocpp/learnFeatures.ts'
import * as proofs from '../../../src/store/commandProofs.ts'
import * as stationRegistrations from '../../../src/store/stationRegistrations.ts'

export const bootNotification: Handlers['v201']['bootNotification'] = async call => {
  const { config, db, protocol, station, payload, receivedAt } = call
  const { vendorName, model, serialNumber, firmwareVersion } = payload.chargingStation
  await stationRegistrations.accept(db, station, protocol, { vendor: vendorName, model, serialNumber, firmwareVersion })
  await proofs.noteBooted(db, station.identity)
  call.afterwards(() => learnFeatures(call))
  return { status: 'Accepted', currentTime: receivedAt.toISOString(), interval: config.ocpp.heartbeatSeconds }
}
