import type { Handlers } from '../../../generated/ocpp/index.ts'
import { learnFeatures } from '../../../src/ocpp/learnFeatures.ts'
import * as proofs from '../../../src/store/commandProofs.ts'
import * as stationRegistrations from '../../../src/store/stationRegistrations.ts'

export const bootNotification: Handlers['v16']['bootNotification'] = async call => {
  const { config, db, protocol, station, payload, receivedAt } = call
  await stationRegistrations.accept(db, station, protocol, {
    vendor: payload.chargePointVendor,
    model: payload.chargePointModel,
    serialNumber: payload.chargePointSerialNumber ?? payload.chargeBoxSerialNumber,
    firmwareVersion: payload.firmwareVersion,
  })
  await proofs.noteBooted(db, station.identity)
  call.afterwards(() => learnFeatures(call))
  return { status: 'Accepted', currentTime: receivedAt.toISOString(), interval: config.ocpp.heartbeatSeconds }
}
