import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as operators from '../../../src/store/operators.ts'

export const listOperators: Handlers['listOperators'] = async ({ db, caller }) =>
  success(await operators.list(db, caller.tenantId))
