import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as connectors from '../../../src/store/connectorLookup.ts'
import * as deviceLogs from '../../../src/store/deviceLogs.ts'

export const listLogs: Handlers['listLogs'] = async ({ db, caller, path, query }) => {
  if (!(await connectors.exists(db, caller.tenantId, path.id, null))) throw notFound('device')
  return success(await deviceLogs.list(db, caller.tenantId, path.id, query))
}
