import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as firmwareReleases from '../../../src/store/firmwareReleases.ts'

export const createFirmwareRelease: Handlers['createFirmwareRelease'] = async ({ db, caller, body }) =>
  success(await firmwareReleases.create(db, caller.tenantId, body))
