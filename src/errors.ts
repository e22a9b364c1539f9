import type { Caller } from './auth/caller.ts'

/**
 * The closed set of ways in which a request can end badly. Code that knows no contract throws one of these; each
 * contract's renderer in src/contracts/ gives it that contract's status, code and shape.
 */
export const ERROR_KINDS = [
  'invalid',
  'unauthorized',
  'forbidden',
  'notFound',
  'methodNotAllowed',
  'conflict',
  'tooLarge',
  'unsupportedMedia',
  'tooMany',
  'internal',
  'notImplemented',
  'unavailable',
] as const

export type ErrorKind = (typeof ERROR_KINDS)[number]

/** HTTP status of each kind, where a contract does not say otherwise. */
export const STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  conflict: 409,
  tooLarge: 413,
  unsupportedMedia: 415,
  tooMany: 429,
  internal: 500,
  notImplemented: 501,
  unavailable: 503,
}

export interface ErrorOptions {
  /** Says more to a program, for example `{field: 'sn'}`; shown to the caller. */
  details?: Record<string, unknown>
  /**
   * `missing`: a required parameter is absent. `expired`: the credential was good once. `body`: it cannot be read.
   * `value`: something in the body has another type or range.
   */
  reason?: 'missing' | 'expired' | 'body' | 'value'
  headers?: Record<string, string>
  /** Whose good credential was not enough; for the log. */
  caller?: Caller
  cause?: unknown
}

/** An error whose message is meant for the caller: it names no table, no secret and no other tenant's thing. */
export class ApiError extends Error {
  readonly kind: ErrorKind
  readonly details: Record<string, unknown> | undefined
  readonly reason: ErrorOptions['reason']
  readonly headers: Record<string, string>
  readonly caller: Caller | undefined

  constructor(kind: ErrorKind, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.kind = kind
    this.details = options.details
    this.reason = options.reason
    this.headers = options.headers ?? {}
    this.caller = options.caller
  }
}

export const invalid = (field: string, message: string) => new ApiError('invalid', message, { details: { field } })
export const notFound = (what: string) => new ApiError('notFound', `${what} not found`)
export const conflict = (message: string) => new ApiError('conflict', message)
export const unavailable = (message: string, retryAfterSeconds = 1) =>
  new ApiError('unavailable', message, { headers: { 'Retry-After': String(retryAfterSeconds) } })

/** What the caller is told of an error that nobody foresaw: nothing. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (isDatabaseAway(error))
    return new ApiError('unavailable', 'the database is away, try again', {
      cause: error,
      headers: { 'Retry-After': '1' },
    })
  return new ApiError('internal', 'internal error', { cause: error })
}

const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', '53300'])

/** Connections that could not be made or broke; a protocol that was violated is a fault of ours. */
const LOST = /^08(?!P01)/

/** Whether Postgres (or the way to it) failed, as opposed to the statement. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: string }
  if (code !== undefined && (AWAY.has(code) || LOST.test(code))) return true
  // The socket of a Postgres that does not run; any other file that is missing is another matter.
  if (code === 'ENOENT' && (error as NodeJS.ErrnoException).syscall === 'connect') return true
  return /Connection terminated|Query read timeout|Client has encountered a connection error|timeout exceeded when trying to connect|Timeout acquiring a connection/.test(
    error.message,
  )
}

/** A reason not to start, told in one line without a stack. */
export class StartError extends Error {}
