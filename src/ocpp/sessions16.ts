import type { OCPP16 } from 'typed-ocpp'
import * as proofs from '../store/commandProofs.ts'
import * as transactions from '../store/ocppTransactions.ts'
import type { StationCall } from './action.ts'
import { stopReason } from './connectorState.ts'
import { fingerprint } from './fingerprint.ts'
import { isDated, liveTime } from './liveTime.ts'
import { askForRecord } from './recordRequest.ts'
import { tell } from './sessionEvents.ts'
import { storeSamples } from './stationSamples.ts'

/** Begins a session and returns the number of its transaction; a retry gets the number of the first try. */
export async function startSession(call: StationCall<OCPP16.StartTransactionRequest>): Promise<number> {
  const { db, station, receivedAt, payload } = call
  const { connectorId, idTag, meterStart, timestamp } = payload
  const { time } = liveTime(timestamp, receivedAt)
  return db.transaction(async transaction => {
    const { transaction: begun, isNew } = await transactions.start(transaction, station, {
      connectorId,
      idTag,
      startedAt: time,
      meterStartWh: meterStart,
      fingerprint: fingerprint(connectorId, idTag, meterStart, timestamp),
      isDated: isDated(timestamp),
    })
    if (isNew) {
      const data = { transaction_id: begun.numericId }
      const move = { state: 'charging', vehicleConnected: true } as const
      await tell(transaction, call, { connectorId, time, eventType: 'start', data, move })
      const { identity } = station
      const begin = { identity, connectorId, transactionId: begun.numericId, idTag, remoteStartId: undefined }
      await proofs.noteBegun(transaction, begin)
    }
    return begun.numericId
  })
}

/** Of a station that is tolerated the meter may be missing. */
type Stop = Omit<OCPP16.StopTransactionRequest, 'meterStop'> & { meterStop?: number }

/** Ends a session, once; a retry and an id that nobody knows change nothing. */
export async function stopSession(call: StationCall<Stop>): Promise<void> {
  const { db, station, receivedAt, payload } = call
  const { transactionId, meterStop, timestamp, reason, idTag, transactionData = [] } = payload
  const { time } = liveTime(timestamp, receivedAt)
  // Before the end, which is the last word on the connector.
  if (transactionId > 0) await storeSamples(call, undefined, String(transactionId), transactionData)
  await db.transaction(async transaction => {
    const ended = await transactions.stop(transaction, station, {
      transactionId,
      endedAt: time,
      meterStopWh: meterStop ?? null,
      reason: reason ?? 'Local',
      idTag: idTag ?? null,
      fingerprint: fingerprint(transactionId, meterStop, timestamp),
      isDated: isDated(timestamp),
      uniqueId: call.uniqueId,
      connectionId: call.connectionId,
    })
    if (ended === undefined) return
    const data = { transaction_id: ended.numericId, reason: stopReason(reason) }
    const happening = { connectorId: ended.connectorId, time, eventType: 'stop', data } as const
    await tell(transaction, call, { ...happening, move: { state: 'idle' } })
    const { connectorId, numericId } = ended
    await proofs.noteEnded(transaction, { identity: station.identity, connectorId, transactionId: numericId })
    await askForRecord(transaction, call, ended)
  })
}
