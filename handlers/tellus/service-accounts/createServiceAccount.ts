import type { Handlers } from '../../../generated/tellus/index.ts'
import { callerName } from '../../../src/auth/caller.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as serviceAccounts from '../../../src/store/serviceAccounts.ts'

export const createServiceAccount: Handlers['createServiceAccount'] = async ({ db, caller, body }) =>
  success(await serviceAccounts.create(db, { ...body, tenantId: caller.tenantId, createdBy: callerName(caller) }), {
    'Cache-Control': 'no-store',
  })
