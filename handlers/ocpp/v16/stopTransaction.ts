import type { Handlers } from '../../../generated/ocpp/index.ts'
import { idTagInfo } from '../../../src/ocpp/authorization.ts'
import { stopSession } from '../../../src/ocpp/sessions16.ts'
import * as idTags from '../../../src/store/idTags.ts'

export const stopTransaction: Handlers['v16']['stopTransaction'] = async call => {
  const { db, station, payload } = call
  await stopSession(call)
  if (payload.idTag === undefined) return {}
  return { idTagInfo: idTagInfo(await idTags.check(db, station.tenantId, payload.idTag)) }
}
