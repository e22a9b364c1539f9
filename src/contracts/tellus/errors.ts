import type { RenderedError } from '../../contract.ts'
import { type ApiError, type ErrorKind, STATUS } from '../../errors.ts'
import type { ServedOperation } from '../../http/router.ts'

/** Note that code 5001 is HTTP 429, as in the published error table. */
const CODE: Record<ErrorKind, number> = {
  invalid: 1001,
  unauthorized: 2001,
  forbidden: 2003,
  notFound: 3001,
  methodNotAllowed: 1001,
  conflict: 4001,
  tooLarge: 1001,
  unsupportedMedia: 1001,
  tooMany: 5001,
  internal: 9001,
  notImplemented: 9002,
  unavailable: 9003,
}

const OAUTH: Record<ErrorKind, string> = {
  invalid: 'invalid_request',
  unauthorized: 'invalid_client',
  forbidden: 'unauthorized_client',
  notFound: 'invalid_request',
  methodNotAllowed: 'invalid_request',
  conflict: 'invalid_request',
  tooLarge: 'invalid_request',
  unsupportedMedia: 'invalid_request',
  tooMany: 'slow_down',
  internal: 'server_error',
  notImplemented: 'server_error',
  unavailable: 'temporarily_unavailable',
}

/** The envelope `{code, message, data: null, details?}`, or RFC 6749's error where tokens are issued. */
export function renderError(error: ApiError, operation: ServedOperation | undefined): RenderedError {
  const status = STATUS[error.kind]
  const contentType = 'application/json'
  const challenge = (scheme: string): Record<string, string> =>
    error.kind === 'unauthorized' ? { 'WWW-Authenticate': scheme } : {}
  if (operation?.path.endsWith('/token')) {
    const headers = { 'Cache-Control': 'no-store', ...challenge('Basic realm="voltspec"') }
    return { status, contentType, headers, body: oauthError(error) }
  }
  const code = error.reason === 'missing' ? 1002 : error.reason === 'expired' ? 2002 : CODE[error.kind]
  const headers = challenge('Bearer')
  return { status, contentType, headers, body: { code, message: error.message, data: null, details: error.details } }
}

function oauthError(error: ApiError): { error: string; error_description: string } {
  const wrongGrant = error.kind === 'invalid' && error.details?.field === 'grant_type' && error.reason !== 'missing'
  const name = wrongGrant
    ? 'unsupported_grant_type'
    : ((error.details?.error as string | undefined) ?? OAUTH[error.kind])
  return { error: name, error_description: error.message }
}
