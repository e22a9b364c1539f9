import type { RenderedError } from '../../contract.ts'
import { ApiError, STATUS } from '../../errors.ts'

/** `{error}`, with the published words for a login that is missing or wrong and for a fault of the server. */
export function renderError({ kind, message }: ApiError): RenderedError {
  const words = kind === 'unauthorized' ? 'Unauthorized' : kind === 'internal' ? 'Internal server error' : message
  return {
    status: STATUS[kind],
    contentType: 'application/json',
    body: { error: words },
    headers: kind === 'unauthorized' ? { 'Cache-Control': 'no-store', 'WWW-Authenticate': 'Bearer' } : {},
  }
}

export const unknownPath = (): ApiError => new ApiError('notFound', 'Not found')

/** What is said of a station that there is not, or not for the caller. */
export const unknownConnection = (): ApiError => new ApiError('notFound', 'Connection not found')
