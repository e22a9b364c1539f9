import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { pageHeaders } from '../../../src/contracts/tellus/paging.ts'
import * as chargingRecords from '../../../src/store/chargingRecords.ts'

export const listChargingRecords: Handlers['listChargingRecords'] = async ({ db, caller, query, url }) => {
  const page = await chargingRecords.list(db, caller.tenantId, query)
  return success(page, pageHeaders(url, page))
}
