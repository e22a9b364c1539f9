import type { Outlet } from './outlet.ts'
import type { Token } from './tokens.ts'

/** A session as OCPP sees it. Energy in Wh, instants in milliseconds. */
export interface Transaction {
  /** What 2.0.1 calls it; 1.6 has it numbered by the central system. */
  id: string
  outlet: Outlet
  token: Token
  startedAt: number
  meterStart: number
  sequence: number
  remoteStartId?: number | undefined
  reservationId?: number | undefined
  /** Whether current flows, or who holds it back. */
  flow: 'Charging' | 'SuspendedEV' | 'SuspendedEVSE'
  endedAt?: number
}

export interface Reservation {
  id: number
  token: Token
  group: string | undefined
  /** In milliseconds. */
  until: number
}

/** Somebody's wish for a session. */
export interface Wish {
  token: Token
  isRemote: boolean
  remoteStartId?: number | undefined
}
