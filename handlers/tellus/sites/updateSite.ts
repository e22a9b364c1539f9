import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as sites from '../../../src/store/sites.ts'

export const updateSite: Handlers['updateSite'] = async ({ db, caller, path, body }) =>
  success(await sites.update(db, caller.tenantId, path.id, body))
