import type { Handlers } from '../../../generated/ocpp/index.ts'
import { maskPayload } from '../../../src/ocpp/masking.ts'
import { stationTime } from '../../../src/ocpp/stationTime.ts'
import * as monitoringEvents from '../../../src/store/monitoringEvents.ts'

export const notifyEvent: Handlers['v201']['notifyEvent'] = async ({ db, station, payload, receivedAt }) => {
  const events = maskPayload(payload).eventData.map(
    ({
      eventId,
      timestamp,
      variableMonitoringId,
      component,
      variable,
      trigger,
      actualValue,
      transactionId,
      ...details
    }) => ({
      eventId,
      time: stationTime(timestamp, receivedAt),
      monitorId: variableMonitoringId,
      component,
      variable,
      trigger,
      actualValue,
      transactionId,
      details,
    }),
  )
  await monitoringEvents.store(db, station, events)
  return {}
}
