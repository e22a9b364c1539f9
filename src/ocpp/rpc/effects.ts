import type { ErrorCode, Outcome } from '../action.ts'
import type { ErrorFrame, Payload } from './frame.ts'

/** What a schema has against a payload. */
export interface Breach {
  code: ErrorCode
  description: string
}

/** What an answer to a CALL says. */
export type Answer =
  | { kind: 'result'; payload: Payload }
  | { kind: 'error'; code: ErrorCode; description: string; details: Payload }

/** A frame for the message log. Times are milliseconds since 1970. */
export interface FrameRecord {
  direction: 'IN' | 'OUT'
  type: 'CALL' | 'CALLRESULT' | 'CALLERROR' | 'SEND' | 'CALLRESULTERROR' | 'INVALID'
  uniqueId: string | null
  method: string
  at: number
  payload: unknown
  /** How long the answer took, in milliseconds; of answers to a call that is known. */
  responseMs: number | null
  errorCode: string | null
  violation: string | null
  /** The text of a frame that could not be read. */
  raw: string | null
}

/** What the shell around the engine has to do, in this order. */
export type Effect =
  | { do: 'send'; text: string }
  /** Work for a handler, whose answer goes to `answer`. */
  | { do: 'deliver'; type: 'CALL' | 'SEND'; id: string; action: string; payload: Payload; receivedAt: number }
  /** An outgoing call has come to its end. */
  | { do: 'settle'; call: number; outcome: Outcome }
  | { do: 'log'; record: FrameRecord }
  | { do: 'report'; category: 'FLOOD' | 'MALFORMED_FRAME' | 'PROTOCOL_VIOLATION'; message: string }
  | { do: 'close'; code: number; reason: string }

/** Of a frame that says that something failed. */
export function errorRecord(
  { type, id, code, description, details }: ErrorFrame,
  action = 'Unknown',
  now: number,
): FrameRecord {
  const payload = { errorCode: code, errorDescription: description, errorDetails: details }
  return { ...blank('IN', type, action, now), uniqueId: id, payload, errorCode: code }
}

/** A record to be filled in. */
export function blank(
  direction: FrameRecord['direction'],
  type: FrameRecord['type'],
  method: string,
  at: number,
): FrameRecord {
  return {
    direction,
    type,
    uniqueId: null,
    method,
    at,
    payload: null,
    responseMs: null,
    errorCode: null,
    violation: null,
    raw: null,
  }
}
