import { ApiError, type ErrorKind, isDatabaseAway } from '../errors.ts'

/** What PostgREST adds to a message. */
interface Explanation {
  details?: string | null
  hint?: string | null
}

/** Status by code, and by the first characters of one: PostgREST's own codes, then SQLSTATE and its classes. */
const STATUS_BY_CODE: [prefix: string, status: number][] = [
  ['PGRST103', 416],
  ['PGRST106', 406],
  ['PGRST107', 406],
  ['PGRST116', 406],
  ['PGRST101', 405],
  ['PGRST117', 405],
  ['PGRST202', 404],
  ['PGRST205', 404],
  ['PGRST301', 401],
  ['PGRST302', 401],
  ['PGRST', 400],
  ['23503', 409],
  ['23505', 409],
  ['42883', 404],
  ['42P01', 404],
  ['57014', 500],
  ['57', 503],
  ['08', 503],
  ['53', 503],
  ['40', 500],
  ['25', 500],
  ['XX', 500],
  ['21', 400],
  ['22', 400],
  ['23', 400],
  ['42', 400],
  ['P0', 400],
]

/** The status that PostgREST gives to a code; undefined where that depends on more than the code. */
export function statusOf(code: string): number | undefined {
  if (code === '42501' || code === 'PGRST000' || code === 'PGRST125') return undefined
  return STATUS_BY_CODE.find(([prefix]) => code.startsWith(prefix))?.[1]
}

const KINDS: Partial<Record<number, ErrorKind>> = {
  401: 'unauthorized',
  404: 'notFound',
  405: 'methodNotAllowed',
  409: 'conflict',
  500: 'internal',
  503: 'unavailable',
}

/** An error in PostgREST's words. */
export function restError(code: string, message: string, { details = null, hint = null }: Explanation = {}): ApiError {
  const kind = KINDS[statusOf(code) ?? 400] ?? 'invalid'
  return new ApiError(kind, message, {
    details: { code, details, hint },
    ...(kind === 'unavailable' ? { headers: { 'Retry-After': '1' } } : {}),
  })
}

interface DatabaseError extends Error {
  code: string
  detail?: string
  hint?: string
}

/**
 * What Postgres says of a statement, passed on as it is. Lack of a privilege is 401 for a caller who could have shown
 * more than the anonymous key.
 */
export function databaseError(error: unknown, isAnonymous: boolean): unknown {
  if (isDatabaseAway(error) || !(error instanceof Error)) return error
  const { code, message, detail = null, hint = null } = error as DatabaseError
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return error
  if (code === '42501')
    return new ApiError(isAnonymous ? 'unauthorized' : 'forbidden', message, {
      details: { code, details: detail, hint },
    })
  // A fault of ours is for the log, and none of the caller's business.
  if (statusOf(code) === 500 && code !== '57014' && !code.startsWith('40')) return error
  return restError(code, message, { details: detail, hint })
}

export const emptyBody = () => restError('PGRST102', 'Empty or invalid json')
