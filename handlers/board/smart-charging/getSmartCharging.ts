import type { Handlers } from '../../../generated/board/index.ts'
import { unknownPath } from '../../../src/contracts/board/errors.ts'
import { toSmartCharging } from '../../../src/ocpp/smartCharging/readSettings.ts'
import * as siteCharging from '../../../src/store/siteCharging.ts'

export const getSmartCharging: Handlers['getSmartCharging'] = async ({ db, caller, path }) => {
  const site = await siteCharging.findOfTenant(db, caller.tenantId, path.id)
  if (site === undefined) throw unknownPath()
  return { status: 200, body: toSmartCharging(site) }
}
