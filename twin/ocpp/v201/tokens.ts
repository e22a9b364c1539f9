import type { OCPP20 } from 'typed-ocpp'
import type { Token, TokenInfo } from '../tokens.ts'

type IdToken = OCPP20.AuthorizeRequest['idToken']
type IdTokenInfo = OCPP20.AuthorizeResponse['idTokenInfo']

export const tokenOf = ({ idToken, type }: IdToken): Token => ({ id: idToken, type })

export const idTokenOf = ({ id, type }: Token): IdToken => ({ idToken: id, type: type as IdToken['type'] })

export const infoOf = ({ status, cacheExpiryDateTime, groupIdToken }: IdTokenInfo): TokenInfo => ({
  status,
  ...(cacheExpiryDateTime === undefined ? {} : { until: Date.parse(cacheExpiryDateTime) }),
  ...(groupIdToken === undefined ? {} : { group: groupIdToken.idToken }),
})
