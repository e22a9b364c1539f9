import type { Knex } from 'knex'
import type { OCPP16, OCPP20, OCPP21 } from 'typed-ocpp'
import { type Authorization, check } from '../store/idTags.ts'
import type { Station } from './action.ts'

/** What OCPP 1.6 says of an id tag. It has `Invalid` for one that nobody knows. */
export function idTagInfo({ status, expiresAt, parentIdTag }: Authorization): OCPP16.AuthorizeResponse['idTagInfo'] {
  return {
    status: status === 'Unknown' ? 'Invalid' : status,
    ...(expiresAt && { expiryDate: expiresAt.toISOString() }),
    ...(parentIdTag !== null && { parentIdTag }),
  }
}

/** What OCPP 2.x says of an id token. Where the station charges without authorization, there is nothing to look up. */
export async function checkIdToken(
  db: Knex,
  { tenantId }: Station,
  { idToken, type }: { idToken: string; type: string },
): Promise<(OCPP20.AuthorizeResponse & OCPP21.AuthorizeResponse)['idTokenInfo']> {
  if (type === 'NoAuthorization') return { status: 'Accepted' }
  const { status, expiresAt, parentIdTag } = await check(db, tenantId, idToken)
  return {
    status,
    ...(expiresAt && { cacheExpiryDateTime: expiresAt.toISOString() }),
    ...(parentIdTag !== null && { groupIdToken: { idToken: parentIdTag, type: 'Central' as const } }),
  }
}
