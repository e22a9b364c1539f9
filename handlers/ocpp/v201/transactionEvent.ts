import type { Handlers } from '../../../generated/ocpp/index.ts'
import { checkIdToken } from '../../../src/ocpp/authorization.ts'
import { keepEvent } from '../../../src/ocpp/sessions2.ts'

export const transactionEvent: Handlers['v201']['transactionEvent'] = async call => {
  const { db, station, payload } = call
  await keepEvent(call)
  return payload.idToken === undefined ? {} : { idTokenInfo: await checkIdToken(db, station, payload.idToken) }
}
