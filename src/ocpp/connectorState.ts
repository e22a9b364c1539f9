import type { ConnectorState } from '../store/deviceEvents.ts'

/**
 * What a connector shows while a station reports a status. Who pauses keeps the session, and so shows as charging with
 * no power. `Occupied` of OCPP 2.x only says that a vehicle is there: what it does is told by its transaction.
 */
const STATES: Record<string, { state: ConnectorState; vehicleConnected?: boolean }> = {
  Available: { state: 'idle', vehicleConnected: false },
  Preparing: { state: 'preparing', vehicleConnected: true },
  Occupied: { state: 'preparing', vehicleConnected: true },
  Charging: { state: 'charging', vehicleConnected: true },
  SuspendedEV: { state: 'charging', vehicleConnected: true },
  SuspendedEVSE: { state: 'charging', vehicleConnected: true },
  Finishing: { state: 'preparing', vehicleConnected: true },
  Reserved: { state: 'idle', vehicleConnected: false },
  Unavailable: { state: 'unavailable' },
  Faulted: { state: 'fault' },
}

/** The state for a status of StatusNotification (1.6, 7.7; 2.0.1, 3.28); undefined for a word that neither version has. */
export const stateOfStatus = (status: string) => STATES[status]

/** The state for the `chargingState` of a TransactionEvent (2.0.1, 3.12). */
export const stateOfChargingState = (chargingState: string): ConnectorState | undefined =>
  ({
    Charging: 'charging',
    SuspendedEV: 'charging',
    SuspendedEVSE: 'charging',
    EVConnected: 'preparing',
    Idle: 'idle',
  })[chargingState] as ConnectorState | undefined

/** Words that chargers of this platform use already, for reasons of OCPP that say the same. */
const STOP_REASONS: Record<string, string> = {
  Local: 'user_request',
  StoppedByEV: 'vehicle_request',
  SOCLimitReached: 'soc_target_reached',
  TimeLimitReached: 'duration_reached',
  DeAuthorized: 'deauthorized',
  EVDisconnected: 'ev_disconnected',
}

/** Why a session ended, in the words of charging records. A station that says nothing means `Local` (1.6, 6.49; 2.0.1, 2.69). */
export function stopReason(reason = 'Local'): string {
  return STOP_REASONS[reason] ?? reason.replace(/(?<=[a-z])[A-Z]/g, letter => `_${letter}`).toLowerCase()
}

/** Connectors of tellus are numbered from 1 to this. */
export const HIGHEST_CONNECTOR = 64

/** EVSEs of a station, and connectors of one EVSE, that have a number of their own on tellus. */
const EVSES = 21
const CONNECTORS = 3

/**
 * The number on tellus (1 to 64) of a connector of OCPP 2.x. The first connector of an EVSE has the EVSE's number, its
 * second 21 more, its third 42 more, so that a number never depends on what else the station has. Undefined for the
 * station itself (EVSE 0) and for what has no number.
 */
export function connectorNumber(evseId: number, connectorId = 1): number | undefined {
  if (evseId < 1 || evseId > EVSES || connectorId < 1 || connectorId > CONNECTORS) return undefined
  return evseId + EVSES * (connectorId - 1)
}

/** The EVSE and connector of OCPP 2.x that a number on tellus means. */
export const evseOf = (connector: number): { evseId: number; connectorId: number } => ({
  evseId: ((connector - 1) % EVSES) + 1,
  connectorId: Math.floor((connector - 1) / EVSES) + 1,
})
