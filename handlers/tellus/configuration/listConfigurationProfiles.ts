import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as profiles from '../../../src/store/profiles.ts'

export const listConfigurationProfiles: Handlers['listConfigurationProfiles'] = async ({ db, caller, query }) =>
  success(await profiles.list(db, caller.tenantId, query))
