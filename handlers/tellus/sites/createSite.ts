import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as sites from '../../../src/store/sites.ts'

export const createSite: Handlers['createSite'] = async ({ db, caller, body }) =>
  success(await sites.create(db, caller.tenantId, body))
