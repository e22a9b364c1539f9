import type { Handlers } from '../../../generated/ocpp/index.ts'
import { checkIdToken } from '../../../src/ocpp/authorization.ts'

export const authorize: Handlers['v201']['authorize'] = async ({ db, station, payload }) => ({
  idTokenInfo: await checkIdToken(db, station, payload.idToken),
})
