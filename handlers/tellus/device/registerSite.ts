import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as registration from '../../../src/store/registration.ts'

export const registerSite: Handlers['registerSite'] = async ({ db, caller, body }) => {
  await registration.registerSite(db, caller.tenantId, body)
  return success({ site_id: body.site_id })
}
