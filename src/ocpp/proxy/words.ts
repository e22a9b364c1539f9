import type { OCPP16, OCPP20 } from 'typed-ocpp'
import type { Payload } from '../rpc/frame.ts'
import { compact } from './translator.ts'

type Status16 = OCPP16.StatusNotificationRequest['status']
type Status201 = OCPP20.StatusNotificationRequest['connectorStatus']
type Reason16 = NonNullable<OCPP16.StopTransactionRequest['reason']>
type Reason201 = NonNullable<OCPP20.TransactionEventRequest['transactionInfo']['stoppedReason']>
type Trigger = OCPP20.TransactionEventRequest['triggerReason']
type TagStatus = OCPP16.AuthorizeResponse['idTagInfo']['status']
type TokenStatus = OCPP20.AuthorizeResponse['idTokenInfo']['status']
type ChargingState = NonNullable<OCPP20.TransactionEventRequest['transactionInfo']['chargingState']>

/** Whatever somebody uses, 2.0.1 calls occupied. */
export const STATUS_201: Record<Status16, Status201> = {
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

/** What an occupied connector does beyond that is said by the events of its transaction. */
export const STATUS_16: Record<Status201, Status16> = {
  Available: 'Available',
  Occupied: 'Preparing',
  Reserved: 'Reserved',
  Unavailable: 'Unavailable',
  Faulted: 'Faulted',
}

export const CHARGING_STATUS_16: Record<ChargingState, Status16> = {
  Charging: 'Charging',
  EVConnected: 'Preparing',
  SuspendedEV: 'SuspendedEV',
  SuspendedEVSE: 'SuspendedEVSE',
  Idle: 'Finishing',
}

/** Why a transaction ended, and what made the station say so. */
export const REASON_201: Record<Reason16, { stopped: Reason201; trigger: Trigger }> = {
  DeAuthorized: { stopped: 'DeAuthorized', trigger: 'Deauthorized' },
  EmergencyStop: { stopped: 'EmergencyStop', trigger: 'AbnormalCondition' },
  EVDisconnected: { stopped: 'EVDisconnected', trigger: 'EVDeparted' },
  HardReset: { stopped: 'ImmediateReset', trigger: 'ResetCommand' },
  Local: { stopped: 'Local', trigger: 'StopAuthorized' },
  Other: { stopped: 'Other', trigger: 'AbnormalCondition' },
  PowerLoss: { stopped: 'PowerLoss', trigger: 'AbnormalCondition' },
  Reboot: { stopped: 'Reboot', trigger: 'ResetCommand' },
  Remote: { stopped: 'Remote', trigger: 'RemoteStop' },
  SoftReset: { stopped: 'Reboot', trigger: 'ResetCommand' },
  UnlockCommand: { stopped: 'Other', trigger: 'UnlockCommand' },
}

export const REASON_16: Partial<Record<Reason201, Reason16>> = {
  DeAuthorized: 'DeAuthorized',
  EmergencyStop: 'EmergencyStop',
  EVDisconnected: 'EVDisconnected',
  ImmediateReset: 'HardReset',
  Local: 'Local',
  MasterPass: 'Local',
  PowerLoss: 'PowerLoss',
  Reboot: 'Reboot',
  Remote: 'Remote',
}

const TAG_STATUS: Record<TokenStatus, TagStatus> = {
  Accepted: 'Accepted',
  Blocked: 'Blocked',
  ConcurrentTx: 'ConcurrentTx',
  Expired: 'Expired',
  Invalid: 'Invalid',
  NoCredit: 'Blocked',
  NotAllowedTypeEVSE: 'Blocked',
  NotAtThisLocation: 'Blocked',
  NotAtThisTime: 'Blocked',
  Unknown: 'Invalid',
}

/** @param info idTokenInfo of 2.0.1 */
export function toIdTagInfo(info: NonNullable<OCPP20.TransactionEventResponse['idTokenInfo']>): Payload {
  const parent = info.groupIdToken?.idToken
  return compact({
    status: TAG_STATUS[info.status],
    expiryDate: info.cacheExpiryDateTime,
    parentIdTag: parent !== undefined && parent.length <= 20 ? parent : undefined,
  })
}

/** @param info idTagInfo of 1.6 */
export function toIdTokenInfo(info: OCPP16.AuthorizeResponse['idTagInfo']): Payload {
  return compact({
    status: info.status satisfies TokenStatus,
    cacheExpiryDateTime: info.expiryDate,
    groupIdToken: info.parentIdTag === undefined ? undefined : toIdToken(info.parentIdTag),
  })
}

/** 1.6 does not say what kind of token it is; `Central` is what a central system names. */
export const toIdToken = (idTag: string) => ({ idToken: idTag, type: 'Central' })
