import type { Failure, Situation } from '../../store/ocppCommands.ts'
import type { Protocol } from '../action.ts'

/** A CALL to a station. */
export interface Call {
  action: string
  payload: Record<string, unknown>
  /** Words of the station's `status` that also mean it is done, beside `Accepted`. */
  alsoFine?: string[]
  /** What to try when it is rejected. */
  otherwise?: Call
}

/** What shows that a command is done: the station's answer, or something that it tells later. */
export type Proof = 'answer' | 'begin' | 'end' | 'boot' | 'connection' | 'upload' | 'installation'

/** What a command is for a station: calls in this order, the end of its connection, or nothing that it could do. */
export type Translation =
  | {
      kind: 'calls'
      calls: [Call, ...Call[]]
      proof: Proof
      remoteStart?: { idTag: string; isOwnTag: boolean }
      /** What whoever asked has to know, such as what could not be said. */
      note?: string
    }
  | { kind: 'disconnect' }
  /** A limit that the plan of the site holds: the station is told by it, which alone knows what is left for others. */
  | { kind: 'planned'; transactionId: string | number | undefined; note?: string }
  | { kind: 'impossible'; failure: Failure }

/** What a translation is made of. */
export interface Subject extends Situation {
  protocol: Protocol
  now: Date
  /** Names the command where OCPP has numbers. */
  number: number
  /** On tellus; null for the station. */
  connectorId: number | null
  params: Record<string, unknown>
  /** A tag that nobody knows, for a session that nobody named one for. */
  newTag: () => string
  /** Where the station may put a log, once. */
  uploadUrl: string | undefined
}

export const impossible = (reason: string, message: string): Translation => ({
  kind: 'impossible',
  failure: { reason, message },
})

export const notSupported = (protocol: Protocol, what: string): Translation =>
  impossible('NOT_SUPPORTED', `${protocol} has no ${what}`)

export const planned = ({ protocol, transaction }: Subject): Extract<Translation, { kind: 'planned' }> => ({
  kind: 'planned',
  transactionId: protocol === 'ocpp1.6' ? transaction?.numericId : transaction?.transactionId,
})

/** A finite number of the parameters, which may hold anything. */
export function numberOf(params: Record<string, unknown>, name: string): number | undefined {
  const value = params[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A text of the parameters that is not empty. */
export function textOf(params: Record<string, unknown>, name: string): string | undefined {
  const value = params[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
