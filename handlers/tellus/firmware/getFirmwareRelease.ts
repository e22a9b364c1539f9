import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as firmwareReleases from '../../../src/store/firmwareReleases.ts'

export const getFirmwareRelease: Handlers['getFirmwareRelease'] = async ({ db, caller, path }) =>
  success(await firmwareReleases.get(db, caller.tenantId, path.id))
