import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as firmwareReports from '../../../src/store/firmwareReports.ts'

export const reportFirmwareStatus: Handlers['reportFirmwareStatus'] = async ({ db, caller, body }) => {
  await firmwareReports.store(db, caller, body)
  return success(null)
}
