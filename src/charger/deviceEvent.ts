import type { DeviceCaller } from '../auth/caller.ts'
import type { ConnectorMove, DeviceEvent } from '../store/deviceEvents.ts'
import { faultCode, reportedAt } from './telemetry.ts'

interface ReportedEvent {
  timestamp: string
  event_type: string
  connector_id: number
  data: { vehicle_connected?: boolean; fault_code?: number | string } & Record<string, unknown>
}

/**
 * A charger's event as the row to store, with what it says of its connector. Like a sample, it may not be dated more
 * than 24 hours ahead, and dated more than 5 minutes ahead it moves nothing.
 */
export function toDeviceEvent(caller: DeviceCaller, event: ReportedEvent, now = Date.now()): DeviceEvent {
  const { time, live } = reportedAt(event.timestamp, now)
  return {
    tenantId: caller.tenantId,
    deviceId: caller.deviceId,
    connectorId: event.connector_id,
    eventType: event.event_type,
    time,
    data: event.data,
    live,
    move: live ? moveOf(event) : null,
  }
}

function moveOf({ event_type, data }: ReportedEvent): ConnectorMove | null {
  switch (event_type) {
    case 'plug_in':
      return { vehicleConnected: data.vehicle_connected ?? true }
    case 'plug_out':
      return { state: 'idle', vehicleConnected: data.vehicle_connected ?? false }
    case 'stop':
      return { state: 'idle' }
    case 'fault': {
      const code = faultCode(data.fault_code)
      // A code that means none is how a charger says that the fault is gone.
      const cleared = data.fault_code !== undefined && code === null
      return { state: cleared ? 'idle' : 'fault', faultCode: code }
    }
    default:
      return null
  }
}
