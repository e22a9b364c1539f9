import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as organizations from '../../../src/store/organizations.ts'

export const createOrganization: Handlers['createOrganization'] = async ({ db, caller, body }) =>
  success(await organizations.create(db, caller.tenantId, body))
