import type { Handlers } from '../../../generated/ocpp/index.ts'
import { maskPayload } from '../../../src/ocpp/masking.ts'
import { severityOf } from '../../../src/ocpp/securityEventSeverity.ts'
import * as securityEvents from '../../../src/store/securityEvents.ts'

export const securityEventNotification: Handlers['v16']['securityEventNotification'] = async ({
  db,
  station,
  payload,
}) => {
  const { type, timestamp, techInfo } = maskPayload(payload)
  await securityEvents.add(db, {
    tenantId: station.tenantId,
    identity: station.identity,
    category: 'STATION_REPORTED',
    message: techInfo ? `${type}: ${techInfo}` : type,
    severity: severityOf(type),
    details: { type, timestamp, techInfo },
  })
  return {}
}
