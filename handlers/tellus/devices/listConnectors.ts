import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as connectors from '../../../src/store/connectors.ts'

export const listConnectors: Handlers['listConnectors'] = async ({ db, caller, path }) => {
  const items = await connectors.list(db, caller.tenantId, path.id)
  if (items === undefined) throw notFound('device')
  return success({ items, total: items.length })
}
