import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as serviceAccounts from '../../../src/store/serviceAccounts.ts'

export const disableServiceAccount: Handlers['disableServiceAccount'] = async ({ db, caller, path }) =>
  success(await serviceAccounts.disable(db, caller.tenantId, path.id))
