import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as firmwareReleases from '../../../src/store/firmwareReleases.ts'

export const updateFirmwareRelease: Handlers['updateFirmwareRelease'] = async ({ db, caller, path, body }) =>
  success(await firmwareReleases.update(db, caller.tenantId, path.id, body))
