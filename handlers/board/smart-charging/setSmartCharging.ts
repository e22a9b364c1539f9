import type { Handlers } from '../../../generated/board/index.ts'
import { unknownPath } from '../../../src/contracts/board/errors.ts'
import { readSettings, toSmartCharging } from '../../../src/ocpp/smartCharging/readSettings.ts'
import * as siteCharging from '../../../src/store/siteCharging.ts'

export const setSmartCharging: Handlers['setSmartCharging'] = async ({ db, caller, path, body }) => {
  const site = await siteCharging.set(db, caller.tenantId, path.id, readSettings(body), body.consent)
  if (site === undefined) throw unknownPath()
  return { status: 200, body: toSmartCharging(site) }
}
