import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as operators from '../../../src/store/operators.ts'

export const getOperator: Handlers['getOperator'] = async ({ db, caller, path }) => {
  const operator = await operators.find(db, caller.tenantId, path.id)
  if (operator === undefined) throw notFound('operator')
  return success(operator)
}
