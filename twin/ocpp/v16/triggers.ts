import type { OCPP16 } from 'typed-ocpp'
import type { Outlet } from '../outlet.ts'
import type { Station } from '../station.ts'

type Trigger =
  | OCPP16.TriggerMessageRequest['requestedMessage']
  | OCPP16.ExtendedTriggerMessageRequest['requestedMessage']

/** What a 1.6 station says when it is asked to. */
export const triggers16 = (station: Station) => ({
  TriggerMessage(request: OCPP16.TriggerMessageRequest): OCPP16.TriggerMessageResponse {
    return { status: trigger(station, request.requestedMessage, request.connectorId) }
  },
  ExtendedTriggerMessage(request: OCPP16.ExtendedTriggerMessageRequest): OCPP16.ExtendedTriggerMessageResponse {
    return { status: trigger(station, request.requestedMessage, request.connectorId) }
  },
})

function trigger(station: Station, message: Trigger, connectorId?: number): OCPP16.TriggerMessageResponse['status'] {
  const outlets = station.outlets.filter(({ id }) => !connectorId || id === connectorId)
  if (outlets.length === 0) return 'Rejected'
  const task = taskOf(station, message, outlets)
  if (task === undefined) return 'NotImplemented'
  station.later(task)
  return 'Accepted'
}

function taskOf(station: Station, message: Trigger, outlets: Outlet[]): (() => Promise<unknown>) | undefined {
  const { dialect, line, firmwareStatus, uploadStatus } = station
  switch (message) {
    case 'BootNotification':
      return () => station.boot()
    case 'Heartbeat':
      return () => dialect.heartbeat()
    case 'StatusNotification':
      return () => Promise.all(outlets.map(outlet => outlet.tellStatus(true)))
    case 'MeterValues':
      return () => Promise.all(outlets.map(outlet => dialect.tellMeter(outlet, outlet.read(), 'Trigger')))
    case 'FirmwareStatusNotification':
      return () => line.call('FirmwareStatusNotification', { status: firmwareStatus })
    case 'DiagnosticsStatusNotification': {
      const status = uploadStatus === 'UploadFailure' ? 'UploadFailed' : uploadStatus
      return () => line.call('DiagnosticsStatusNotification', { status })
    }
    case 'LogStatusNotification':
      return () => line.call('LogStatusNotification', { status: uploadStatus })
    case 'SignChargePointCertificate':
      return undefined
  }
}
