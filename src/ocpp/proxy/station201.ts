import type { OCPP16, OCPP20 } from 'typed-ocpp'
import { stationTime } from '../stationTime.ts'
import { registerWh, toMeterValues16 } from './meterValues.ts'
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
import { CHARGING_STATUS_16, REASON_16, STATUS_16, toIdToken, toIdTokenInfo } from './words.ts'

type TransactionEvent = OCPP20.TransactionEventRequest

/** How long after an end a start is another transaction and not the same one said again, in milliseconds. */
const LATER = 1000

/** A station of 2.x under an upstream of 1.6. Its EVSEs are connectors there. */
export const station201: Translator = {
  stationProtocol: 'ocpp2.0.1',
  upstreamProtocol: 'ocpp1.6',

  boot: facts => ({ action: 'BootNotification', payload: bootPayload(facts) }),

  transactionOf: ({ action, payload }) =>
    action === 'TransactionEvent' ? (payload as unknown as TransactionEvent).transactionInfo.transactionId : undefined,

  beginsAnother({ payload, receivedAt }, { endedAt }) {
    const { eventType, timestamp } = payload as unknown as TransactionEvent
    const isLater = endedAt !== undefined && stationTime(timestamp, receivedAt).getTime() - endedAt.getTime() >= LATER
    return eventType === 'Started' && isLater
  },

  toUpstream(message, transaction) {
    const translate = UPWARDS[message.action]
    return translate === undefined ? [] : translate(message, transaction)
  },

  learn(message, transaction, told, answer) {
    if (message.action !== 'TransactionEvent') return undefined
    const { transactionInfo, evse, meterValue, timestamp } = message.payload as unknown as TransactionEvent
    if (told.action === 'StartTransaction')
      return {
        stationTransactionId: transactionInfo.transactionId,
        upstreamTransactionId: String(answer.transactionId),
        evseId: evse?.id ?? 1,
        sequence: 1,
        meterStartWh: registerWh(meterValue) ?? 0,
        ended: false,
      }
    if (transaction === undefined) return undefined
    const next = { ...transaction, sequence: transaction.sequence + 1 }
    if (told.action !== 'StopTransaction') return next
    return { ...next, ended: true, endedAt: stationTime(timestamp, message.receivedAt) }
  },

  answerStation({ action, answer }, upstreamAnswer) {
    if (action === 'DataTransfer') return compact({ status: upstreamAnswer.status, data: upstreamAnswer.data })
    const { idTagInfo } = upstreamAnswer as unknown as OCPP16.StopTransactionResponse
    return idTagInfo === undefined ? answer : { ...answer, idTokenInfo: toIdTokenInfo(idTagInfo) }
  },

  async toStation({ action, payload }, transactionOf, newStartId) {
    switch (action) {
      case 'RemoteStartTransaction': {
        const { idTag, connectorId } = payload as unknown as OCPP16.RemoteStartTransactionRequest
        const asked = { idToken: toIdToken(idTag), remoteStartId: newStartId(), evseId: connectorId }
        return { call: { action: 'RequestStartTransaction', payload: compact(asked) } }
      }
      case 'RemoteStopTransaction': {
        const transaction = await transactionOf(String(payload.transactionId))
        if (transaction === undefined || transaction.ended) return { answer: { status: 'Rejected' } }
        const transactionId = transaction.stationTransactionId
        return { call: { action: 'RequestStopTransaction', payload: { transactionId } } }
      }
      case 'Reset':
        return { call: { action, payload: { type: payload.type === 'Hard' ? 'Immediate' : 'OnIdle' } } }
      case 'DataTransfer':
        return { call: { action, payload } }
      default:
        throw new Untranslatable(`${action} is not passed on`)
    }
  },

  answerUpstream({ action }, { status, data }) {
    if (action === 'DataTransfer') return compact({ status, data: dataAsText(data) })
    // A reset that waits for the end of a transaction is as good as done.
    return { status: status === 'Scheduled' ? 'Accepted' : status }
  },
}

function bootPayload(station: {
  vendor: string
  model: string
  serialNumber?: string | null
  firmwareVersion?: string | null
}) {
  return compact({
    // Names are cut, because a station cannot be registered without them.
    chargePointVendor: station.vendor.slice(0, 20),
    chargePointModel: station.model.slice(0, 20),
    chargePointSerialNumber: station.serialNumber?.slice(0, 25),
    firmwareVersion: station.firmwareVersion?.slice(0, 50),
  })
}

type Upward = (message: StationMessage, transaction: ProxiedTransaction | undefined) => Call[]

const UPWARDS: Record<string, Upward> = {
  BootNotification({ payload }) {
    const { chargingStation } = payload as unknown as OCPP20.BootNotificationRequest
    const { vendorName, model, serialNumber, firmwareVersion, modem } = chargingStation
    const told = bootPayload({ vendor: vendorName, model, serialNumber, firmwareVersion })
    return [{ action: 'BootNotification', payload: compact({ ...told, iccid: modem?.iccid, imsi: modem?.imsi }) }]
  },

  Heartbeat: () => [{ action: 'Heartbeat', payload: {} }],

  StatusNotification({ payload }) {
    const { timestamp, connectorStatus, evseId } = payload as unknown as OCPP20.StatusNotificationRequest
    return [statusCall(evseId, STATUS_16[connectorStatus], timestamp)]
  },

  Authorize({ payload }) {
    const { idToken } = payload as unknown as OCPP20.AuthorizeRequest
    return [{ action: 'Authorize', payload: { idTag: fit(idToken.idToken, 20, 'the id token') } }]
  },

  DataTransfer: ({ action, payload }) => [
    { action, payload: compact({ ...payload, customData: undefined, data: dataAsText(payload.data) }) },
  ],

  MeterValues({ payload }) {
    const { evseId, meterValue } = payload as unknown as OCPP20.MeterValuesRequest
    const values = toMeterValues16(meterValue)
    if (values.length === 0) return []
    return [{ action: 'MeterValues', payload: { connectorId: evseId, meterValue: values } }]
  },

  TransactionEvent({ payload }, transaction) {
    const event = payload as unknown as TransactionEvent
    if (transaction === undefined) return start(event)
    if (transaction.ended) return []
    return event.eventType === 'Ended' ? [stop(event, transaction)] : update(event, transaction)
  },
}

/** 1.6 has no transaction before somebody is known, so one that begins with the cable is told when a token comes. */
function start({ eventType, timestamp, idToken, evse, meterValue, reservationId }: TransactionEvent): Call[] {
  if (eventType === 'Ended') throw new Untranslatable('the upstream does not know the transaction')
  if (idToken === undefined) return []
  const told = {
    connectorId: evse?.id ?? 1,
    idTag: fit(idToken.idToken, 20, 'the id token'),
    meterStart: Math.round(registerWh(meterValue) ?? 0),
    reservationId,
    timestamp,
  }
  return [{ action: 'StartTransaction', payload: compact(told) }]
}

function update({ timestamp, meterValue, transactionInfo }: TransactionEvent, transaction: ProxiedTransaction): Call[] {
  const calls: Call[] = []
  const values = toMeterValues16(meterValue ?? [])
  const transactionId = Number(transaction.upstreamTransactionId)
  if (values.length > 0)
    calls.push({
      action: 'MeterValues',
      payload: { connectorId: transaction.evseId, transactionId, meterValue: values },
    })
  const { chargingState } = transactionInfo
  if (chargingState !== undefined)
    calls.push(statusCall(transaction.evseId, CHARGING_STATUS_16[chargingState], timestamp))
  return calls
}

function stop(event: TransactionEvent, transaction: ProxiedTransaction): Call {
  const { timestamp, idToken, meterValue, transactionInfo } = event
  const values = toMeterValues16(meterValue ?? [])
  const token = idToken?.idToken
  return {
    action: 'StopTransaction',
    payload: compact({
      transactionId: Number(transaction.upstreamTransactionId),
      idTag: token !== undefined && token.length <= 20 ? token : undefined,
      meterStop: Math.round(registerWh(meterValue) ?? transaction.meterStartWh ?? 0),
      timestamp,
      reason: REASON_16[transactionInfo.stoppedReason ?? 'Local'] ?? 'Other',
      transactionData: values.length === 0 ? undefined : values,
    }),
  }
}

const statusCall = (connectorId: number, status: string, timestamp: string): Call => ({
  action: 'StatusNotification',
  payload: { connectorId, errorCode: status === 'Faulted' ? 'OtherError' : 'NoError', status, timestamp },
})
