import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as profiles from '../../../src/store/profiles.ts'

export const updateConfigurationProfile: Handlers['updateConfigurationProfile'] = async ({ db, caller, path, body }) =>
  success(await profiles.update(db, caller.tenantId, path.id, body))
