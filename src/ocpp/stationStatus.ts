import type { Knex } from 'knex'
import { faultCode } from '../charger/telemetry.ts'
import * as connectors from '../store/connectors.ts'
import * as deviceEvents from '../store/deviceEvents.ts'
import { runningOn } from '../store/ocppTransactions.ts'
import { findLeftBehind, hearOn } from '../store/silentTransactions.ts'
import { sharedDevice } from '../store/stationDevices.ts'
import type { StationCall } from './action.ts'
import { HIGHEST_CONNECTOR, stateOfChargingState, stateOfStatus } from './connectorState.ts'
import { PRESUMED, presumeEnd } from './presumedEnd.ts'

/** What a station says of one of its connectors. */
export interface StationStatus {
  /** On tellus. */
  connectorId: number
  status: string
  time: Date
  live: boolean
  /** What is wrong, in the station's words; undefined when nothing is. */
  fault?: { message: string; vendorCode?: string; details?: Record<string, unknown> }
}

type Event = Pick<deviceEvents.DeviceEvent, 'eventType' | 'data'>

/**
 * Keeps what a StatusNotification says: the connector's live state, and an event where something has happened, in the
 * words of tellus. A status that only repeats what is known is no event.
 */
export async function keepStatus(
  means: Pick<StationCall<unknown>, 'db' | 'station' | 'jobs' | 'config'>,
  status: StationStatus,
): Promise<void> {
  const { connectorId, time, live } = status
  const reported = stateOfStatus(status.status)
  if (reported === undefined || connectorId < 1 || connectorId > HIGHEST_CONNECTOR) return
  await hearOfSession(means, status)
  const { db, station } = means
  await db.transaction(async transaction => {
    const deviceId = await sharedDevice(transaction, station.identity)
    if (deviceId === null) return
    const where = { tenantId: station.tenantId, deviceId, connectorId, time, live, move: null }
    const before = await connectors.lock(transaction, deviceId, connectorId)
    for (const event of eventsOf(status, before)) await deviceEvents.store(transaction, { ...where, ...event })
    if (!live) return
    const state =
      status.status === 'Occupied' ? await occupiedState(transaction, station.identity, connectorId) : reported.state
    await deviceEvents.move(transaction, where, { ...reported, state, faultCode: codeOf(status) })
  })
}

/** What is available again after a restart has no session any more; whatever else a connector is, its session goes on. */
async function hearOfSession(
  means: Pick<StationCall<unknown>, 'db' | 'station' | 'jobs' | 'config'>,
  { connectorId, status, time }: StationStatus,
): Promise<void> {
  const { db, station } = means
  const { identity } = station
  if (status !== 'Available') return hearOn(db, identity, connectorId)
  for (const forgotten of await findLeftBehind(db, { identity, connectorId, time }))
    await presumeEnd(means, forgotten, PRESUMED.restart)
}

/** Moves a connector where the station's data is shared. */
export async function moveConnector(
  db: Knex,
  { station }: Pick<StationCall<unknown>, 'station'>,
  { connectorId, time }: { connectorId: number; time: Date },
  move: deviceEvents.ConnectorMove,
): Promise<void> {
  if (connectorId < 1 || connectorId > HIGHEST_CONNECTOR) return
  const deviceId = await sharedDevice(db, station.identity)
  if (deviceId !== null) await deviceEvents.move(db, { deviceId, connectorId, time }, move)
}

/** OCPP 2.x tells in the transaction what a vehicle does that is there. */
async function occupiedState(db: Knex, identity: string, connectorId: number): Promise<deviceEvents.ConnectorState> {
  const running = await runningOn(db, identity, connectorId)
  return stateOfChargingState(running?.chargingState ?? '') ?? 'preparing'
}

function eventsOf(status: StationStatus, before: connectors.Known | undefined): Event[] {
  const isFaulted = status.status === 'Faulted'
  const events: Event[] = []
  if (before?.state === 'fault' && !isFaulted) events.push({ eventType: 'fault', data: { fault_code: 'F-0000' } })
  if (isFaulted && before?.state !== 'fault') events.push({ eventType: 'fault', data: faultOf(status) })
  if (!isFaulted && status.fault !== undefined) events.push({ eventType: 'alarm', data: faultOf(status) })
  const connected = stateOfStatus(status.status)?.vehicleConnected
  if (connected === true && before?.vehicleConnected !== true)
    events.push({ eventType: 'plug_in', data: { vehicle_connected: true } })
  if (connected === false && before?.vehicleConnected === true)
    events.push({ eventType: 'plug_out', data: { vehicle_connected: false } })
  return events
}

function faultOf(status: StationStatus): Record<string, unknown> {
  const { message = status.status, details } = status.fault ?? {}
  const code = codeOf(status)
  return {
    fault_message: message.slice(0, 1000),
    ...(code === null ? {} : { fault_code: code }),
    ...(details && { details }),
  }
}

/** OCPP has words where tellus has numbers; only a code of the vendor may be such a number. */
function codeOf({ fault }: StationStatus): string | null {
  const digits = /^(?:F-)?(\d{1,4})$/.exec(fault?.vendorCode ?? '')?.[1]
  return digits === undefined ? null : faultCode(Number(digits))
}
