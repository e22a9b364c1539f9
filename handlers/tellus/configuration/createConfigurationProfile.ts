import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as profiles from '../../../src/store/profiles.ts'

export const createConfigurationProfile: Handlers['createConfigurationProfile'] = async ({ db, caller, body }) =>
  success(await profiles.create(db, caller.tenantId, body))
