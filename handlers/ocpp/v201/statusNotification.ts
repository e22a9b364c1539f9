import type { Handlers } from '../../../generated/ocpp/index.ts'
import { connectorNumber } from '../../../src/ocpp/connectorState.ts'
import { liveTime } from '../../../src/ocpp/liveTime.ts'
import { keepStatus } from '../../../src/ocpp/stationStatus.ts'

export const statusNotification: Handlers['v201']['statusNotification'] = async call => {
  const { evseId, connectorId, connectorStatus, timestamp } = call.payload
  await keepStatus(call, {
    connectorId: connectorNumber(evseId, connectorId) ?? 0,
    status: connectorStatus,
    ...liveTime(timestamp, call.receivedAt),
  })
  return {}
}
