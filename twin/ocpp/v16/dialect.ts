import type { OCPP16 } from 'typed-ocpp'
import type { Commands } from '../acts.ts'
import type { Boot, Dialect, StopReason } from '../dialect.ts'
import { CallError } from '../frame.ts'
import type { Entry } from '../outbox.ts'
import type { Outlet } from '../outlet.ts'
import type { Context, Reading } from '../readings.ts'
import type { Station } from '../station.ts'
import type { Token, TokenInfo } from '../tokens.ts'
import type { Transaction } from '../transaction.ts'
import { commands16 } from './commands.ts'

type Payload = Record<string, unknown>

const STOP_REASONS: Record<StopReason, OCPP16.StopTransactionRequest['reason']> = {
  Local: 'Local',
  Remote: 'Remote',
  EVDisconnected: 'EVDisconnected',
  HardReset: 'HardReset',
  SoftReset: 'SoftReset',
  UnlockCommand: 'UnlockCommand',
  DeAuthorized: 'DeAuthorized',
  SOCLimitReached: 'Local',
  PowerLoss: 'PowerLoss',
  Other: 'Other',
}

/** A transaction that has no number yet, or never got one. */
const UNNUMBERED = -1

/** A station that speaks OCPP 1.6. */
export class Dialect16 implements Dialect {
  readonly protocol = 'ocpp1.6'
  readonly #station: Station
  readonly #commands: Commands

  constructor(station: Station) {
    this.#station = station
    this.#commands = commands16(station)
  }

  async boot(): Promise<Boot | undefined> {
    const { state, model } = this.#station.setup
    const request: OCPP16.BootNotificationRequest = {
      chargePointVendor: model.manufacturer,
      chargePointModel: model.model,
      chargePointSerialNumber: state.identity.slice(0, 25),
      firmwareVersion: state.firmware,
    }
    const boot = await this.#ask<OCPP16.BootNotificationResponse>('BootNotification', request)
    return boot && { status: boot.status, interval: boot.interval }
  }

  async heartbeat(): Promise<void> {
    await this.#ask('Heartbeat', {})
  }

  async tellStatus({ id, status, connector }: Outlet): Promise<void> {
    const request: OCPP16.StatusNotificationRequest = {
      connectorId: id,
      status,
      errorCode: connector.fault === undefined ? 'NoError' : 'OtherError',
      timestamp: this.#now(),
      ...(connector.fault === undefined ? {} : { vendorErrorCode: connector.fault }),
    }
    await this.#ask('StatusNotification', request)
  }

  async authorize({ id }: Token): Promise<TokenInfo | undefined> {
    const answer = await this.#ask<OCPP16.AuthorizeResponse>('Authorize', { idTag: id.slice(0, 20) })
    return answer && infoOf(answer.idTagInfo)
  }

  begin(transaction: Transaction): void {
    const { outlet, token, startedAt, meterStart, reservationId } = transaction
    const request: OCPP16.StartTransactionRequest = {
      connectorId: outlet.id,
      idTag: token.id.slice(0, 20),
      meterStart,
      timestamp: new Date(startedAt).toISOString(),
      ...(reservationId === undefined ? {} : { reservationId }),
    }
    this.#post('StartTransaction', request, transaction)
  }

  measure(transaction: Transaction, readings: Reading[], context: Context): void {
    const request = { connectorId: transaction.outlet.id, meterValue: [this.#meterValue(readings, context)] }
    this.#post('MeterValues', request, transaction)
  }

  /** The status says it. */
  change(): void {}

  end(transaction: Transaction, readings: Reading[], reason: StopReason): void {
    const { endedAt, token, outlet } = transaction
    const stopReason = STOP_REASONS[reason]
    const request = {
      meterStop: outlet.meter,
      timestamp: new Date(endedAt!).toISOString(),
      idTag: token.id.slice(0, 20),
      ...(stopReason === undefined ? {} : { reason: stopReason }),
      transactionData: [this.#meterValue(readings, 'Transaction.End')],
    }
    this.#post('StopTransaction', request, transaction)
  }

  async tellMeter(outlet: Outlet, readings: Reading[], context: Context): Promise<void> {
    const { id, transaction } = outlet
    const number = transaction && this.#station.setup.state.numbers[transaction.id]
    const request: OCPP16.MeterValuesRequest = {
      connectorId: id,
      ...(number === undefined ? {} : { transactionId: number }),
      meterValue: [this.#meterValue(readings, context)],
    }
    await this.#ask('MeterValues', request)
  }

  async tellSecurity(type: string): Promise<void> {
    await this.#ask('SecurityEventNotification', { type, timestamp: this.#now() })
  }

  complete({ action, payload, transaction }: Entry): object {
    if (action === 'StartTransaction') return payload
    return { ...payload, transactionId: this.#station.setup.state.numbers[transaction] ?? UNNUMBERED }
  }

  taken({ action, payload, transaction }: Entry, answer: Payload): string | undefined {
    const { numbers } = this.#station.setup.state
    if (action === 'StartTransaction') numbers[transaction] = answer.transactionId as number
    if (action === 'StopTransaction') delete numbers[transaction]
    const info = answer.idTagInfo as OCPP16.AuthorizeResponse['idTagInfo'] | undefined
    if (info === undefined) return undefined
    this.#station.learn({ id: String(payload.idTag), type: 'ISO14443' }, infoOf(info))
    return info.status
  }

  obey(action: string, payload: Payload): object {
    const command = Object.hasOwn(this.#commands, action) ? this.#commands[action] : undefined
    if (command === undefined) throw new CallError('NotSupported', `this station does not do ${action}`)
    return command(payload as never)
  }

  async #ask<Answer extends object>(action: string, payload: object): Promise<Answer | undefined> {
    const reply = await this.#station.line.call(action, payload)
    return reply.kind === 'result' ? (reply.payload as Answer) : undefined
  }

  #post(action: string, payload: object, { id }: Transaction): void {
    this.#station.outbox.add({ action, payload: { ...payload }, transaction: id })
  }

  #meterValue(readings: Reading[], context: Context): OCPP16.MeterValue {
    return {
      timestamp: this.#now(),
      sampledValue: readings.map(({ value, ...reading }) => ({ ...reading, value: String(value), context })),
    } as OCPP16.MeterValue
  }

  #now(): string {
    return new Date(this.#station.setup.clock.now()).toISOString()
  }
}

const infoOf = ({ status, expiryDate, parentIdTag }: OCPP16.AuthorizeResponse['idTagInfo']): TokenInfo => ({
  status,
  ...(expiryDate === undefined ? {} : { until: Date.parse(expiryDate) }),
  ...(parentIdTag === undefined ? {} : { group: parentIdTag }),
})
