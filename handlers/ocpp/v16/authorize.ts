import type { Handlers } from '../../../generated/ocpp/index.ts'
import { idTagInfo } from '../../../src/ocpp/authorization.ts'
import * as idTags from '../../../src/store/idTags.ts'

export const authorize: Handlers['v16']['authorize'] = async ({ db, station, payload }) => ({
  idTagInfo: idTagInfo(await idTags.check(db, station.tenantId, payload.idTag)),
})
