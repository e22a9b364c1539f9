import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as organizations from '../../../src/store/organizations.ts'

export const updateOrganization: Handlers['updateOrganization'] = async ({ db, caller, path, body }) =>
  success(await organizations.update(db, caller.tenantId, path.id, body))
