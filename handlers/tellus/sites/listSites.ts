import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as sites from '../../../src/store/sites.ts'

export const listSites: Handlers['listSites'] = async ({ db, caller, query }) =>
  success(await sites.list(db, caller.tenantId, query))
