import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as firmware from '../../../src/store/firmware.ts'

export const listFirmwareVersions: Handlers['listFirmwareVersions'] = async ({ db, caller, query }) =>
  success(await firmware.listAdoption(db, caller.tenantId, query))
