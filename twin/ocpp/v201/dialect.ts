import type { OCPP20 } from 'typed-ocpp'
import type { Commands } from '../acts.ts'
import type { Boot, BootReason, Dialect, Status, StopReason } from '../dialect.ts'
import { CallError } from '../frame.ts'
import type { Entry } from '../outbox.ts'
import type { Outlet } from '../outlet.ts'
import type { Context, Reading } from '../readings.ts'
import type { Station } from '../station.ts'
import type { Token, TokenInfo } from '../tokens.ts'
import type { Transaction } from '../transaction.ts'
import { commands201 } from './commands.ts'
import { idTokenOf, infoOf } from './tokens.ts'

type Payload = Record<string, unknown>
type Event = OCPP20.TransactionEventRequest
type MeterValue = OCPP20.MeterValuesRequest['meterValue'][number]

const CONNECTOR_STATUS: Record<Status, OCPP20.StatusNotificationRequest['connectorStatus']> = {
  Available: 'Available',
  Preparing: 'Occupied',
  Charging: 'Occupied',
  SuspendedEV: 'Occupied',
  SuspendedEVSE: 'Occupied',
  Finishing: 'Occupied',
  Reserved: 'Reserved',
  Unavailable: 'Unavailable',
  Faulted: 'Faulted',
}

type Ending = [reason: NonNullable<Event['transactionInfo']['stoppedReason']>, trigger: Event['triggerReason']]

const ENDINGS: Record<StopReason, Ending> = {
  Local: ['Local', 'StopAuthorized'],
  Remote: ['Remote', 'RemoteStop'],
  EVDisconnected: ['EVDisconnected', 'EVDeparted'],
  HardReset: ['ImmediateReset', 'ResetCommand'],
  SoftReset: ['Reboot', 'ResetCommand'],
  UnlockCommand: ['Other', 'UnlockCommand'],
  DeAuthorized: ['DeAuthorized', 'Deauthorized'],
  SOCLimitReached: ['SOCLimitReached', 'ChargingStateChanged'],
  PowerLoss: ['PowerLoss', 'AbnormalCondition'],
  Other: ['Other', 'AbnormalCondition'],
}

/** A station that speaks OCPP 2.0.1. Each of its connectors is an EVSE with the connector 1. */
export class Dialect201 implements Dialect {
  readonly protocol = 'ocpp2.0.1'
  readonly #station: Station
  readonly #commands: Commands

  constructor(station: Station) {
    this.#station = station
    this.#commands = commands201(station)
  }

  async boot(reason: BootReason): Promise<Boot | undefined> {
    const { state, model } = this.#station.setup
    const request: OCPP20.BootNotificationRequest = {
      reason,
      chargingStation: {
        vendorName: model.manufacturer,
        model: model.model,
        serialNumber: state.identity.slice(0, 25),
        firmwareVersion: state.firmware,
      },
    }
    const boot = await this.#ask<OCPP20.BootNotificationResponse>('BootNotification', request)
    return boot && { status: boot.status, interval: boot.interval }
  }

  async heartbeat(): Promise<void> {
    await this.#ask('Heartbeat', {})
  }

  async tellStatus({ id, status }: Outlet): Promise<void> {
    const connectorStatus = CONNECTOR_STATUS[status]
    const request: OCPP20.StatusNotificationRequest = {
      timestamp: this.#now(),
      connectorStatus,
      evseId: id,
      connectorId: 1,
    }
    await this.#ask('StatusNotification', request)
  }

  async authorize(token: Token): Promise<TokenInfo | undefined> {
    const answer = await this.#ask<OCPP20.AuthorizeResponse>('Authorize', { idToken: idTokenOf(token) })
    return answer && infoOf(answer.idTokenInfo)
  }

  begin(transaction: Transaction, readings: Reading[]): void {
    const { token, remoteStartId, reservationId, startedAt } = transaction
    this.#post(transaction, {
      eventType: 'Started',
      triggerReason: remoteStartId === undefined ? 'Authorized' : 'RemoteStart',
      timestamp: new Date(startedAt).toISOString(),
      meterValue: [this.#meterValue(readings, 'Transaction.Begin')],
      idToken: idTokenOf(token),
      ...(reservationId === undefined ? {} : { reservationId }),
      transactionInfo: {
        transactionId: transaction.id,
        chargingState: transaction.flow,
        ...(remoteStartId === undefined ? {} : { remoteStartId }),
      },
    })
  }

  measure(transaction: Transaction, readings: Reading[], context: Context): void {
    this.#post(transaction, {
      eventType: 'Updated',
      triggerReason: context === 'Trigger' ? 'Trigger' : 'MeterValuePeriodic',
      timestamp: this.#now(),
      meterValue: [this.#meterValue(readings, context)],
      transactionInfo: { transactionId: transaction.id, chargingState: transaction.flow },
    })
  }

  change(transaction: Transaction): void {
    this.#post(transaction, {
      eventType: 'Updated',
      triggerReason: 'ChargingStateChanged',
      timestamp: this.#now(),
      transactionInfo: { transactionId: transaction.id, chargingState: transaction.flow },
    })
  }

  end(transaction: Transaction, readings: Reading[], reason: StopReason): void {
    const [stoppedReason, triggerReason] = ENDINGS[reason]
    this.#post(transaction, {
      eventType: 'Ended',
      triggerReason,
      timestamp: new Date(transaction.endedAt!).toISOString(),
      meterValue: [this.#meterValue(readings, 'Transaction.End')],
      transactionInfo: { transactionId: transaction.id, chargingState: 'EVConnected', stoppedReason },
    })
  }

  async tellMeter({ id }: Outlet, readings: Reading[], context: Context): Promise<void> {
    await this.#ask('MeterValues', { evseId: id, meterValue: [this.#meterValue(readings, context)] })
  }

  async tellSecurity(type: string): Promise<void> {
    await this.#ask('SecurityEventNotification', { type, timestamp: this.#now() })
  }

  complete({ payload }: Entry): object {
    return payload
  }

  taken({ payload }: Entry, answer: Payload): string | undefined {
    const info = answer.idTokenInfo as OCPP20.AuthorizeResponse['idTokenInfo'] | undefined
    const idToken = payload.idToken as OCPP20.AuthorizeRequest['idToken'] | undefined
    if (info === undefined) return undefined
    if (idToken !== undefined) this.#station.learn({ id: idToken.idToken, type: idToken.type }, infoOf(info))
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

  #post(transaction: Transaction, event: Omit<Event, 'seqNo' | 'evse' | 'offline'>): void {
    const { outlet, id } = transaction
    const payload: Event = {
      ...event,
      seqNo: transaction.sequence++,
      evse: { id: outlet.id, connectorId: 1 },
      ...(this.#station.online ? {} : { offline: true }),
    }
    this.#station.outbox.add({ action: 'TransactionEvent', payload: { ...payload }, transaction: id })
  }

  #meterValue(readings: Reading[], context: Context): MeterValue {
    // 2.0.1 has no temperature among its measurands, and asks for at least one value.
    const values = readings.filter(({ measurand }) => measurand !== 'Temperature')
    return {
      timestamp: this.#now(),
      sampledValue: values.map(({ unit, ...reading }) => ({ ...reading, context, unitOfMeasure: { unit } })),
    } as MeterValue
  }

  #now(): string {
    return new Date(this.#station.setup.clock.now()).toISOString()
  }
}
