import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as profiles from '../../../src/store/profiles.ts'

export const getConfigurationProfile: Handlers['getConfigurationProfile'] = async ({ db, caller, path }) =>
  success(await profiles.get(db, caller.tenantId, path.id))
