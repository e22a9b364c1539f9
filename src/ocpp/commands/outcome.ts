import type { Failure } from '../../store/ocppCommands.ts'
import type { Outcome } from '../action.ts'
import type { Call } from './translation.ts'

/** Whether a station will do what a call asks, by what came of the call. */
export type Verdict =
  | { kind: 'accepted'; message: string | null; details: Record<string, unknown> | null }
  | { kind: 'failed'; failure: Failure }

/** Reads an answer: a `status` other than `Accepted` is a refusal, and 1.6 has answers without one. */
export function verdictOf(outcome: Outcome, { alsoFine = [] }: Call): Verdict {
  if (outcome.kind !== 'result') return { kind: 'failed', failure: failureOf(outcome) }
  const { payload } = outcome
  const { status = 'Accepted' } = payload
  const details = Object.keys(payload).length === 0 ? null : payload
  if (status === 'Accepted' || alsoFine.includes(String(status)))
    return { kind: 'accepted', message: status === 'Accepted' ? null : String(status), details }
  const reason = status === 'NotSupported' ? 'NOT_SUPPORTED' : 'rejected'
  return { kind: 'failed', failure: { reason, message: saying(String(status), payload), details: payload } }
}

/** The station's word, and why it says so where it does (2.x). */
function saying(status: string, { statusInfo }: Record<string, unknown>): string {
  const { reasonCode, additionalInfo } = Object(statusInfo)
  return [status, reasonCode, additionalInfo].filter(part => typeof part === 'string').join(': ')
}

/** Codes that say that the station has no such action. */
const NOT_SUPPORTED = new Set(['NotImplemented', 'NotSupported'])

/** Why a call came to nothing. */
export function failureOf(outcome: Exclude<Outcome, { kind: 'result' }>): Failure {
  switch (outcome.kind) {
    case 'error':
      return {
        reason: NOT_SUPPORTED.has(outcome.code) ? 'NOT_SUPPORTED' : outcome.code.slice(0, 255),
        message: [outcome.code, outcome.description].filter(Boolean).join(': '),
        details: outcome.details,
      }
    case 'timeout':
      return { reason: 'TIMEOUT', message: 'the charger did not answer in time' }
    case 'busy':
      return { reason: 'BUSY', message: 'too many calls wait for the charger' }
    case 'offline':
      return { reason: 'OFFLINE', message: 'the connection was lost before the answer' }
  }
}
