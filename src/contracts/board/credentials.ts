import type { IncomingMessage } from 'node:http'
import { presentedSession } from '../../auth/boardSession.ts'
import type { BoardCaller } from '../../auth/caller.ts'
import type { Config } from '../../config.ts'
import { ApiError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import * as boardSessions from '../../store/boardSessions.ts'

/** The document names two ways for a session to come, and both lead here: what was found is asked for once. */
const callers = new WeakMap<IncomingMessage, Promise<BoardCaller>>()

/**
 * Whose session goes along with the request.
 *
 * @throws unauthorized when there is none, forbidden when it is unknown or has expired, or when another site's page sent it
 */
export function boardSession(request: IncomingMessage, services: Services): Promise<BoardCaller> {
  const known = callers.get(request)
  if (known !== undefined) return known
  const caller = identify(request, services)
  callers.set(request, caller)
  return caller
}

async function identify(request: IncomingMessage, { db, config }: Services): Promise<BoardCaller> {
  const presented = presentedSession(request.headers)
  if (presented === undefined) throw new ApiError('unauthorized', 'Unauthorized')
  const caller = await boardSessions.find(db, presented.hash)
  if (caller === undefined) throw new ApiError('forbidden', 'Session expired')
  if (presented.isCookie && !isOwnPage(request, config))
    throw new ApiError('forbidden', 'The request comes from another site', { caller })
  return caller
}

/** Browsers send cookies along with whatever page asks; reading is harmless, because that page gets no answer to see. */
function isOwnPage({ method, headers }: IncomingMessage, { corsOrigins }: Config): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  const { origin, host } = headers
  if (origin === undefined) return headers['sec-fetch-site'] !== 'cross-site'
  return corsOrigins.includes(origin) || (URL.canParse(origin) && new URL(origin).host === host)
}
