import type { Handlers } from '../../../generated/ocpp/index.ts'
import { liveTime } from '../../../src/ocpp/liveTime.ts'
import { keepStatus } from '../../../src/ocpp/stationStatus.ts'

export const statusNotification: Handlers['v16']['statusNotification'] = async call => {
  const { connectorId, status, errorCode, info, vendorId, vendorErrorCode, timestamp } = call.payload
  const message = [errorCode, info].filter(Boolean).join(': ')
  const fault = { message, vendorCode: vendorErrorCode, details: { vendorId, vendorErrorCode } }
  await keepStatus(call, {
    connectorId,
    status,
    ...liveTime(timestamp, call.receivedAt),
    ...(errorCode === 'NoError' ? {} : { fault }),
  })
  return {}
}
