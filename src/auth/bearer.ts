import type { IncomingMessage } from 'node:http'
import { ApiError } from '../errors.ts'
import type { Services } from '../services.ts'
import { type DeviceCaller, isOperator, type OperatorCaller } from './caller.ts'

/** The token of `Authorization: Bearer <token>` (RFC 6750). @throws unauthorized when there is none */
export function bearerToken(request: IncomingMessage): string {
  const match = /^Bearer +([\w.~+/=-]+) *$/i.exec(request.headers.authorization ?? '')
  if (match === null) throw new ApiError('unauthorized', 'a bearer token is required')
  return match[1]!
}

export async function deviceToken(request: IncomingMessage, { accessTokens }: Services): Promise<DeviceCaller> {
  const caller = await accessTokens.find(bearerToken(request))
  if (caller.kind !== 'device') throw new ApiError('forbidden', 'this needs the token of a charger', { caller })
  return caller
}

export async function operatorToken(request: IncomingMessage, { accessTokens }: Services): Promise<OperatorCaller> {
  const caller = await accessTokens.find(bearerToken(request))
  if (!isOperator(caller)) throw new ApiError('forbidden', 'this needs the token of an operator', { caller })
  return caller
}
