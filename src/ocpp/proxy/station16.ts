import type { OCPP16, OCPP20 } from 'typed-ocpp'
import type { Payload } from '../rpc/frame.ts'
import { registerValue, toMeterValues201 } from './meterValues.ts'
import {
  type Call,
  compact,
  dataAsText,
  fit,
  type ProxiedTransaction,
  type StationMessage,
  type Translator,
  Untranslatable,
} from './translator.ts'
import { REASON_201, STATUS_201, toIdTagInfo, toIdToken } from './words.ts'

/** A station of 1.6 under an upstream of 2.0.1. Its connectors are EVSEs with one connector each. */
export const station16: Translator = {
  stationProtocol: 'ocpp1.6',
  upstreamProtocol: 'ocpp2.0.1',

  boot: ({ vendor, model, serialNumber, firmwareVersion }) => ({
    action: 'BootNotification',
    payload: {
      reason: 'PowerUp',
      chargingStation: compact({ vendorName: vendor, model, serialNumber, firmwareVersion }),
    },
  }),

  transactionOf({ action, payload, answer }) {
    const id = action === 'StartTransaction' ? answer.transactionId : payload.transactionId
    return id === undefined ? undefined : String(id)
  },

  // Its ids are ours.
  beginsAnother: () => false,

  toUpstream(message, transaction, newId) {
    const translate = UPWARDS[message.action]
    return translate === undefined ? [] : translate(message, transaction, newId)
  },

  learn({ action, payload, answer }, transaction, told) {
    if (action === 'StartTransaction') {
      const { transactionInfo } = told.payload as unknown as OCPP20.TransactionEventRequest
      const start = payload as unknown as OCPP16.StartTransactionRequest
      return {
        stationTransactionId: String(answer.transactionId),
        upstreamTransactionId: transactionInfo.transactionId,
        evseId: start.connectorId,
        sequence: 1,
        meterStartWh: start.meterStart,
        ended: false,
      }
    }
    if (transaction === undefined || told.action !== 'TransactionEvent') return undefined
    return { ...transaction, sequence: transaction.sequence + 1, ended: action === 'StopTransaction' }
  },

  answerStation({ action, answer }, upstreamAnswer) {
    if (action === 'DataTransfer')
      return compact({ status: upstreamAnswer.status, data: dataAsText(upstreamAnswer.data) })
    const { idTokenInfo } = upstreamAnswer as unknown as OCPP20.TransactionEventResponse
    return idTokenInfo === undefined ? answer : { ...answer, idTagInfo: toIdTagInfo(idTokenInfo) }
  },

  async toStation({ action, payload }, transactionOf) {
    switch (action) {
      case 'RequestStartTransaction': {
        const { idToken, evseId } = payload as unknown as OCPP20.RequestStartTransactionRequest
        const idTag = fit(idToken.idToken, 20, 'the id token')
        return { call: { action: 'RemoteStartTransaction', payload: compact({ idTag, connectorId: evseId }) } }
      }
      case 'RequestStopTransaction': {
        const transaction = await transactionOf(String(payload.transactionId))
        if (transaction === undefined || transaction.ended) return { answer: { status: 'Rejected' } }
        const transactionId = Number(transaction.stationTransactionId)
        return { call: { action: 'RemoteStopTransaction', payload: { transactionId } } }
      }
      case 'Reset':
        // 1.6 cannot reset one of its connectors.
        if (payload.evseId !== undefined) return { answer: { status: 'Rejected' } }
        return { call: { action: 'Reset', payload: { type: payload.type === 'Immediate' ? 'Hard' : 'Soft' } } }
      case 'DataTransfer':
        return { call: { action, payload: compact({ ...payload, data: dataAsText(payload.data) }) } }
      default:
        throw new Untranslatable(`${action} is not passed on`)
    }
  },

  answerUpstream: (_call, stationAnswer) => stationAnswer,
}

type Upward = (message: StationMessage, transaction: ProxiedTransaction | undefined, newId: () => string) => Call[]

const UPWARDS: Record<string, Upward> = {
  BootNotification({ payload }) {
    const boot = payload as unknown as OCPP16.BootNotificationRequest
    const chargingStation = compact({
      vendorName: boot.chargePointVendor,
      model: boot.chargePointModel,
      serialNumber: boot.chargePointSerialNumber ?? boot.chargeBoxSerialNumber,
      firmwareVersion: boot.firmwareVersion,
      modem: boot.iccid || boot.imsi ? compact({ iccid: boot.iccid, imsi: boot.imsi }) : undefined,
    })
    return [{ action: 'BootNotification', payload: { reason: 'PowerUp', chargingStation } }]
  },

  Heartbeat: () => [{ action: 'Heartbeat', payload: {} }],

  StatusNotification({ payload, receivedAt }) {
    const { connectorId, status, timestamp } = payload as unknown as OCPP16.StatusNotificationRequest
    // Connector 0 is the station as a whole, which has no status in 2.0.1.
    if (connectorId === 0) return []
    const told = {
      timestamp: timestamp ?? receivedAt.toISOString(),
      connectorStatus: STATUS_201[status],
      evseId: connectorId,
      connectorId: 1,
    }
    return [{ action: 'StatusNotification', payload: told }]
  },

  Authorize: ({ payload }) => [{ action: 'Authorize', payload: { idToken: toIdToken(String(payload.idTag)) } }],

  DataTransfer: ({ action, payload }) => [{ action, payload }],

  StartTransaction({ payload }, transaction, newId) {
    // A repeated start was told already.
    if (transaction !== undefined) return []
    const start = payload as unknown as OCPP16.StartTransactionRequest
    const told = compact({
      eventType: 'Started',
      timestamp: start.timestamp,
      triggerReason: 'Authorized',
      seqNo: 0,
      reservationId: start.reservationId,
      transactionInfo: { transactionId: newId(), chargingState: 'Charging' },
      evse: { id: start.connectorId, connectorId: 1 },
      idToken: toIdToken(start.idTag),
      meterValue: [registerValue(start.timestamp, start.meterStart, 'Transaction.Begin')],
    })
    return [{ action: 'TransactionEvent', payload: told }]
  },

  MeterValues({ payload, receivedAt }, transaction) {
    const { connectorId, meterValue, transactionId } = payload as unknown as OCPP16.MeterValuesRequest
    const values = toMeterValues201(meterValue)
    if (values.length === 0) return []
    if (transactionId === undefined)
      return [{ action: 'MeterValues', payload: { evseId: connectorId, meterValue: values } }]
    const told = {
      eventType: 'Updated',
      timestamp: meterValue.at(-1)?.timestamp ?? receivedAt.toISOString(),
      triggerReason: 'MeterValuePeriodic',
      ...about(transaction),
      meterValue: values,
    }
    return [{ action: 'TransactionEvent', payload: told }]
  },

  StopTransaction({ payload }, transaction) {
    const stop = payload as unknown as OCPP16.StopTransactionRequest
    if (transaction?.ended) return []
    const { stopped, trigger } = REASON_201[stop.reason ?? 'Local']
    const { seqNo, transactionInfo } = about(transaction)
    const end = registerValue(stop.timestamp, stop.meterStop, 'Transaction.End')
    const told = compact({
      eventType: 'Ended',
      timestamp: stop.timestamp,
      triggerReason: trigger,
      seqNo,
      transactionInfo: { ...transactionInfo, stoppedReason: stopped },
      idToken: stop.idTag === undefined ? undefined : toIdToken(stop.idTag),
      meterValue: [...toMeterValues201(stop.transactionData ?? []), end] satisfies Payload[],
    })
    return [{ action: 'TransactionEvent', payload: told }]
  },
}

function about(transaction: ProxiedTransaction | undefined) {
  if (transaction === undefined) throw new Untranslatable('the upstream does not know the transaction')
  return {
    seqNo: transaction.sequence,
    transactionInfo: { transactionId: transaction.upstreamTransactionId },
  }
}
