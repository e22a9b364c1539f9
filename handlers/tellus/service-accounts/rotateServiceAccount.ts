import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as serviceAccounts from '../../../src/store/serviceAccounts.ts'

export const rotateServiceAccount: Handlers['rotateServiceAccount'] = async ({ db, caller, path }) =>
  success(await serviceAccounts.rotate(db, caller.tenantId, path.id), { 'Cache-Control': 'no-store' })
