import type { BootReason } from './dialect.ts'
import type { Entry } from './outbox.ts'
import type { LocalList } from './tokens.ts'

/** What a station keeps while it is switched off. */
export interface StationState {
  identity: string
  password: string
  /** A password that is not text, in hex; it counts before the other. */
  passwordBytes?: string
  firmware: string
  /** Readings of its connectors' energy meters, kWh. */
  meters: number[]
  /** What it has not said yet of its transactions. */
  entries: Entry[]
  /** Numbers that a 1.6 central system gave to transactions, by their own names. */
  numbers: Record<string, number>
  /** Settings that differ from the factory's. */
  settings: Record<string, string>
  list: LocalList
  /** Connectors that were taken out of service. */
  unavailable: number[]
  bootReason?: BootReason
}

/** A station that has never been switched on. */
export function newStation(identity: string, password: string, firmware: string, meters: number[]): StationState {
  return {
    identity,
    password,
    firmware,
    meters,
    entries: [],
    numbers: {},
    settings: {},
    list: { version: 0, entries: {} },
    unavailable: [],
  }
}
