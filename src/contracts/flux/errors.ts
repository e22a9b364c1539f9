import type { RenderedError } from '../../contract.ts'
import { ApiError, type ErrorKind, STATUS } from '../../errors.ts'
import { statusOf } from '../../postgrest/errors.ts'

/** Codes of errors that do not bring one of their own: PostgREST's, and Supabase's word for 429, which PostgREST lacks. */
const CODE: Record<ErrorKind, string> = {
  invalid: 'PGRST100',
  unauthorized: 'PGRST301',
  forbidden: '42501',
  notFound: 'PGRST125',
  methodNotAllowed: 'PGRST117',
  conflict: '23505',
  tooLarge: 'PGRST102',
  unsupportedMedia: 'PGRST102',
  tooMany: 'over_request_rate_limit',
  internal: 'XX000',
  notImplemented: '0A000',
  unavailable: 'PGRST000',
}

/** The body of every error, as PostgREST has it. */
interface RestError {
  code: string
  details: string | null
  hint: string | null
  message: string
}

/** `{code, details, hint, message}`, with the status that PostgREST gives to the code. */
export function renderError(error: ApiError): RenderedError {
  const { code, details = null, hint = null } = (error.details ?? {}) as Partial<RestError>
  const body: RestError = { code: code ?? codeOf(error), details, hint, message: error.message }
  const status = (code === undefined ? undefined : statusOf(code)) ?? STATUS[error.kind]
  const headers: Record<string, string> = { 'Proxy-Status': `PostgREST; error=${body.code}` }
  if (status === 401)
    headers['WWW-Authenticate'] =
      error.reason === 'missing'
        ? 'Bearer'
        : `Bearer error="invalid_token", error_description="${error.message.replaceAll('"', "'")}"`
  return { status, contentType: 'application/json', body, headers }
}

function codeOf({ kind, reason }: ApiError): string {
  // No parameter of the query string is required: what is missing is the body.
  if (kind === 'invalid' && (reason === 'body' || reason === 'missing')) return 'PGRST102'
  if (kind === 'invalid' && reason === 'value') return '22P02'
  if (kind === 'unauthorized' && reason === 'missing') return 'PGRST302'
  return CODE[kind]
}

/** What PostgREST says of a path that leads to no table and no function. */
export function unknownPath(path: string): ApiError {
  const [first = '', name, ...rest] = path.slice(1).split('/')
  const error = (code: string, message: string) => new ApiError('notFound', message, { details: { code } })
  if (first === 'rpc' && name !== undefined && rest.length === 0)
    return error('PGRST202', `Could not find the function flux.${name} in the schema cache`)
  if (name === undefined) return error('42P01', `relation "flux.${first}" does not exist`)
  return error('PGRST125', 'Invalid path specified in request URL')
}
