import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { pageHeaders } from '../../../src/contracts/tellus/paging.ts'
import * as firmwareReleases from '../../../src/store/firmwareReleases.ts'

export const listFirmwareReleases: Handlers['listFirmwareReleases'] = async ({ db, caller, query, url }) => {
  const page = await firmwareReleases.list(db, caller.tenantId, query)
  return success(page, pageHeaders(url, page))
}
