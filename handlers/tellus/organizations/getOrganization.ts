import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as organizations from '../../../src/store/organizations.ts'

export const getOrganization: Handlers['getOrganization'] = async ({ db, caller, path }) =>
  success(await organizations.get(db, caller.tenantId, path.id))
