import type { OCPP20, OCPP21 } from 'typed-ocpp'
import * as transactions from '../store/ocppTransactions.ts'
import type { StationCall } from './action.ts'
import { connectorNumber, stateOfChargingState, stopReason } from './connectorState.ts'
import { liveTime } from './liveTime.ts'
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
  const { connectorId } = await note(call)
  await storeSamples(call, connectorId, payload.transactionInfo.transactionId, payload.meterValue ?? [])
  if (payload.eventType === 'Ended') await endSession(call)
}

async function note(call: EventCall): Promise<{ connectorId: number | undefined }> {
  const { db, protocol, station, receivedAt, payload } = call
  const { transactionInfo, evse, eventType, seqNo, idToken } = payload
  const { time, live } = liveTime(payload.timestamp, receivedAt)
  const told = evse && connectorNumber(evse.id, evse.connectorId)
  return db.transaction(async transaction => {
    const {
      transaction: noted,
      isNew,
      stateBefore,
    } = await transactions.note(transaction, station, {
      protocol,
      transactionId: transactionInfo.transactionId,
      isStart: eventType === 'Started',
      sequence: seqNo,
      time,
      evseId: evse?.id ?? null,
      connectorId: told ?? 0,
      idToken: idToken?.idToken ?? null,
      chargingState: transactionInfo.chargingState ?? null,
      meterWh: lowestRegister(payload),
    })
    const { connectorId, chargingState, endedAt } = noted
    if (isNew) {
      const data = { transaction_id: transactionInfo.transactionId, reason: payload.triggerReason }
      await tell(transaction, call, { connectorId, time, live, eventType: 'start', data, move: {} })
    }
    const state =
      chargingState !== stateBefore && chargingState !== null ? stateOfChargingState(chargingState) : undefined
    if (state !== undefined && live && endedAt === null)
      await moveConnector(
        transaction,
        call,
        { connectorId, time },
        { state, vehicleConnected: state === 'idle' ? undefined : true },
      )
    return { connectorId: told ?? (connectorId > 0 ? connectorId : undefined) }
  })
}

async function endSession(call: EventCall): Promise<void> {
  const { db, station, receivedAt, payload } = call
  const { transactionId, stoppedReason } = payload.transactionInfo
  const { time, live } = liveTime(payload.timestamp, receivedAt)
  await db.transaction(async transaction => {
    const reason = stoppedReason ?? 'Local'
    const ended = await transactions.end(transaction, station, {
      transactionId,
      endedAt: time,
      meterStopWh: highestRegister(payload),
      reason,
    })
    if (ended === undefined) return
    const data = { transaction_id: transactionId, reason: stopReason(reason) }
    const happening = { connectorId: ended.connectorId, time, live, eventType: 'stop', data } as const
    await tell(transaction, call, { ...happening, move: { state: 'idle' } })
    await askForRecord(transaction, call, ended)
  })
}

/** The import register at the earliest instant of the event, in Wh. Registers only count up, so it is the lowest. */
const lowestRegister = ({ meterValue = [] }: EventCall['payload']): number | null =>
  registers(meterValue).reduce<number | null>((lowest, wh) => (lowest === null || wh < lowest ? wh : lowest), null)

const highestRegister = ({ meterValue = [] }: EventCall['payload']): number | null =>
  registers(meterValue).reduce<number | null>((highest, wh) => (highest === null || wh > highest ? wh : highest), null)

const registers = (meterValue: Parameters<typeof measurementsOf>[0]): number[] =>
  measurementsOf(meterValue).flatMap(({ importWh }) => importWh ?? [])
