import type { Handlers } from '../../../generated/ocpp/index.ts'
import { idTagInfo } from '../../../src/ocpp/authorization.ts'
import { startSession } from '../../../src/ocpp/sessions16.ts'
import * as idTags from '../../../src/store/idTags.ts'

/** A tag that may not charge does not make the session unknown: the station has begun it, and ends it. */
export const startTransaction: Handlers['v16']['startTransaction'] = async call => {
  const { db, station, payload } = call
  const authorization = await idTags.check(db, station.tenantId, payload.idTag)
  return { transactionId: await startSession(call), idTagInfo: idTagInfo(authorization) }
}
