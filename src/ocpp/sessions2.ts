import type { Knex } from 'knex'
import type { OCPP20, OCPP21 } from 'typed-ocpp'
import * as proofs from '../store/commandProofs.ts'
import * as transactions from '../store/ocppTransactions.ts'
import type { StationCall } from './action.ts'
import { connectorNumber, stateOfChargingState, stopReason } from './connectorState.ts'
import { isDated, liveTime } from './liveTime.ts'
import { measurementsOf } from './meterValues.ts'
import { askForRecord } from './recordRequest.ts'
import { tell } from './sessionEvents.ts'
import { storeSamples } from './stationSamples.ts'
import { moveConnector } from './stationStatus.ts'

type EventCall = StationCall<OCPP20.TransactionEventRequest | OCPP21.TransactionEventRequest>

/**
 * Keeps what a TransactionEvent says. Each of the steps may be done again: a station that got no answer repeats the
 * event, and events may come in any order. The end is the last step, since it is the last word on the connector.
 */
export async function keepEvent(call: EventCall): Promise<void> {
  const { payload } = call
  const { connectorId, storedId } = await note(call)
  await storeSamples(call, connectorId, storedId, payload.meterValue ?? [])
  if (payload.eventType === 'Ended') await endSession(call, storedId)
}

async function note(call: EventCall): Promise<{ connectorId: number | undefined; storedId: string }> {
  const { db, protocol, station, receivedAt, payload } = call
  const { transactionInfo, evse, eventType, seqNo, idToken } = payload
  const told = evse && connectorNumber(evse.id, evse.connectorId)
  return db.transaction(async transaction => {
    const { transaction: noted, before } = await transactions.note(transaction, station, {
      protocol,
      transactionId: transactionInfo.transactionId,
      isStart: eventType === 'Started',
      sequence: seqNo,
      time: liveTime(payload.timestamp, receivedAt).time,
      isDated: isDated(payload.timestamp),
      evseId: evse?.id ?? null,
      connectorId: told ?? 0,
      idToken: idToken?.idToken ?? null,
      chargingState: transactionInfo.chargingState ?? null,
      meterWh: lowestRegister(payload),
    })
    // A station may authorize a driver before the vehicle is on an EVSE, and tell of an end before the rest.
    if (noted.connectorId > 0 && (before?.connectorId ?? 0) === 0) await tellStart(transaction, call, noted)
    if (noted.chargingState !== before?.chargingState) await showChargingState(transaction, call, noted)
    await noteCommand(transaction, call, noted.connectorId, before === undefined)
    const connectorId = told ?? (noted.connectorId > 0 ? noted.connectorId : undefined)
    return { connectorId, storedId: noted.transactionId }
  })
}

async function tellStart(db: Knex, call: EventCall, begun: transactions.Transaction): Promise<void> {
  const { connectorId, startedAt } = begun
  const { transactionId } = call.payload.transactionInfo
  const data = { transaction_id: transactionId, reason: call.payload.triggerReason }
  await tell(db, call, { connectorId, time: startedAt, eventType: 'start', data, move: { vehicleConnected: true } })
  if (begun.endedAt !== null) await tellEnd(db, call, begun)
}

/** A remote start is named by its number, which may come with a later event than the first. */
async function noteCommand(
  db: Knex,
  { station: { identity }, payload: { transactionInfo, idToken } }: EventCall,
  connectorId: number,
  isNew: boolean,
): Promise<void> {
  const { transactionId, remoteStartId } = transactionInfo
  if (!isNew && remoteStartId === undefined) return
  const begin = { identity, connectorId, transactionId, idTag: idToken?.idToken ?? null, remoteStartId }
  await proofs.noteBegun(db, begin)
}

async function tellEnd(db: Knex, call: EventCall, ended: transactions.Transaction): Promise<void> {
  const { connectorId, endedAt, stopReason: reason } = ended
  const data = { transaction_id: call.payload.transactionInfo.transactionId, reason: stopReason(reason ?? undefined) }
  await tell(db, call, { connectorId, time: endedAt!, eventType: 'stop', data, move: { state: 'idle' } })
  await askForRecord(db, call, ended)
}

async function showChargingState(
  db: Knex,
  call: EventCall,
  { connectorId, chargingState, endedAt }: transactions.Transaction,
): Promise<void> {
  const { time, live } = liveTime(call.payload.timestamp, call.receivedAt)
  const state = stateOfChargingState(chargingState ?? '')
  if (state === undefined || !live || endedAt !== null) return
  await moveConnector(db, call, { connectorId, time }, { state, ...(state !== 'idle' && { vehicleConnected: true }) })
}

async function endSession(call: EventCall, storedId: string): Promise<void> {
  const { db, station, receivedAt, payload } = call
  const { transactionId, stoppedReason } = payload.transactionInfo
  await db.transaction(async transaction => {
    const ended = await transactions.end(transaction, station, {
      transactionId: storedId,
      endedAt: liveTime(payload.timestamp, receivedAt).time,
      meterStopWh: highestRegister(payload),
      reason: stoppedReason ?? 'Local',
    })
    if (ended === undefined) return
    const { connectorId } = ended
    await proofs.noteEnded(transaction, { identity: station.identity, connectorId, transactionId })
    if (connectorId > 0) await tellEnd(transaction, call, ended)
  })
}

/** The import register at the earliest instant of the event, in Wh. Registers only count up, so it is the lowest. */
const lowestRegister = ({ meterValue = [] }: EventCall['payload']): number | null =>
  registers(meterValue).reduce<number | null>((lowest, wh) => (lowest === null || wh < lowest ? wh : lowest), null)

const highestRegister = ({ meterValue = [] }: EventCall['payload']): number | null =>
  registers(meterValue).reduce<number | null>((highest, wh) => (highest === null || wh > highest ? wh : highest), null)

const registers = (meterValue: Parameters<typeof measurementsOf>[0]): number[] =>
  measurementsOf(meterValue).flatMap(({ importWh }) => importWh ?? [])
