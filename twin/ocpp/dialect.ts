import type { Entry } from './outbox.ts'
import type { Outlet } from './outlet.ts'
import type { Context, Reading } from './readings.ts'
import type { Protocol } from './schemas.ts'
import type { Token, TokenInfo } from './tokens.ts'
import type { Transaction } from './transaction.ts'

/** The status of a connector, as 1.6 divides it; 2.0.1 has fewer. */
export type Status =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEV'
  | 'SuspendedEVSE'
  | 'Finishing'
  | 'Reserved'
  | 'Unavailable'
  | 'Faulted'

/** Why a station boots, in the words of 2.0.1. */
export type BootReason = 'PowerUp' | 'RemoteReset' | 'FirmwareUpdate'

export interface Boot {
  status: 'Accepted' | 'Pending' | 'Rejected'
  /** Seconds between heartbeats, or until the next attempt. */
  interval: number
}

/** Steps of a firmware update, as both versions have them. */
export type FirmwareStatus =
  | 'Downloading'
  | 'Downloaded'
  | 'DownloadFailed'
  | 'Installing'
  | 'Installed'
  | 'InstallationFailed'

export type UploadStatus = 'Uploading' | 'Uploaded' | 'UploadFailure'

/** Why a transaction ends. */
export type StopReason =
  | 'Local'
  | 'Remote'
  | 'EVDisconnected'
  | 'HardReset'
  | 'SoftReset'
  | 'UnlockCommand'
  | 'DeAuthorized'
  | 'SOCLimitReached'
  | 'PowerLoss'
  | 'Other'

/** What one version of OCPP makes of what a station has to say, and how it obeys. */
export interface Dialect {
  readonly protocol: Protocol
  /** Undefined when there was no answer. */
  boot(reason: BootReason): Promise<Boot | undefined>
  heartbeat(): Promise<void>
  tellStatus(outlet: Outlet): Promise<void>
  /** Undefined when there was no answer. */
  authorize(token: Token): Promise<TokenInfo | undefined>
  begin(transaction: Transaction, readings: Reading[]): void
  measure(transaction: Transaction, readings: Reading[], context: Context): void
  /** The vehicle or the station stopped or resumed the flow. */
  change(transaction: Transaction): void
  end(transaction: Transaction, readings: Reading[], reason: StopReason): void
  /** Values of a connector without a transaction. */
  tellMeter(outlet: Outlet, readings: Reading[], context: Context): Promise<void>
  tellSecurity(type: string): Promise<void>
  /** The payload of an entry as it can be sent now. */
  complete(entry: Entry): object
  /** Whether the token of a transaction may charge, by an answer about it; undefined when it does not say. */
  taken(entry: Entry, payload: Record<string, unknown>): string | undefined
  /** @throws CallError when the action is not known, or not here */
  obey(action: string, payload: Record<string, unknown>): object
}
