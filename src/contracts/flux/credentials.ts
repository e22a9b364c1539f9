import type { IncomingMessage } from 'node:http'
import type { Caller, RoleCaller } from '../../auth/caller.ts'
import { ApiError } from '../../errors.ts'
import { addressOf } from '../../http/exchange.ts'
import type { Services } from '../../services.ts'

/**
 * Who calls: the holder of the token in `Authorization`, or else of the one in `apikey`. An address whose tokens are not
 * valid is slowed down, so that nobody tries them out at the speed of the server.
 */
export async function roleToken(request: IncomingMessage, { config, rest }: Services): Promise<RoleCaller> {
  const { tokens, count } = rest!
  const token = presented(request)
  try {
    if (token === undefined)
      throw new ApiError('unauthorized', 'No API key found in request', {
        reason: 'missing',
        details: { code: 'PGRST302', hint: 'No `apikey` request header was found.' },
      })
    return await tokens.identify(token)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    Object.assign(error.headers, await count(addressOf(request, config), 'invalid'))
    throw error
  }
}

function presented({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const key = headers.apikey
  return bearer ?? (typeof key === 'string' && key !== '' ? key : undefined)
}

/** Counts a request against the tier of its role; each token has a bucket of its own. */
export async function countRequest(caller: Caller, { rest }: Services): Promise<Record<string, string>> {
  if (caller.kind !== 'role') return {}
  return rest!.count(caller.key, caller.role)
}
