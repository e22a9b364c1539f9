import type { ErrorCode, Protocol } from '../action.ts'

/** OCPP 1.6 has these under other names, or not at all. */
const IN_16: Partial<Record<ErrorCode, string>> = {
  FormatViolation: 'FormationViolation',
  OccurrenceConstraintViolation: 'OccurenceConstraintViolation',
  MessageTypeNotSupported: 'GenericError',
  RpcFrameworkError: 'ProtocolError',
}

/** How a version writes an error code. */
export const spell = (code: ErrorCode, protocol: Protocol): string =>
  protocol === 'ocpp1.6' ? (IN_16[code] ?? code) : code

/** The name of OCPP 2.x for a code as any station writes it; a code that nobody knows stays as it is. */
export function normalize(code: string): string {
  if (code === 'FormationViolation') return 'FormatViolation'
  return code === 'OccurenceConstraintViolation' ? 'OccurrenceConstraintViolation' : code
}
