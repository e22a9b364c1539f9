import type { OCPP20 } from 'typed-ocpp'
import type { Outlet } from '../outlet.ts'
import type { Station } from '../station.ts'

type Trigger = OCPP20.TriggerMessageRequest['requestedMessage']

/** What a 2.0.1 station says when it is asked to. */
export const triggers201 = (station: Station) => ({
  TriggerMessage({ requestedMessage, evse }: OCPP20.TriggerMessageRequest): OCPP20.TriggerMessageResponse {
    const outlets = station.outlets.filter(({ id }) => evse === undefined || id === evse.id)
    if (outlets.length === 0) return { status: 'Rejected' }
    const task = taskOf(station, requestedMessage, outlets)
    if (task === undefined) return { status: 'NotImplemented' }
    station.later(task)
    return { status: 'Accepted' }
  },
})

function taskOf(station: Station, message: Trigger, outlets: Outlet[]): (() => unknown) | undefined {
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
    case 'TransactionEvent':
      return () => {
        for (const outlet of outlets)
          if (outlet.transaction !== undefined) dialect.measure(outlet.transaction, outlet.read(), 'Trigger')
      }
    case 'FirmwareStatusNotification':
      return () => line.call('FirmwareStatusNotification', { status: firmwareStatus })
    case 'LogStatusNotification':
      return () => line.call('LogStatusNotification', { status: uploadStatus })
    default:
      return undefined
  }
}
