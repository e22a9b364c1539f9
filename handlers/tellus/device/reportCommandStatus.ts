import type { Handlers } from '../../../generated/tellus/index.ts'
import { takeReport } from '../../../src/charger/commandReport.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const reportCommandStatus: Handlers['reportCommandStatus'] = async ({ db, caller, body }) => {
  const { command_id: commandId, status, message = null, details = null } = body
  await takeReport(db, caller.deviceId, { commandId, status, message, details })
  return success(null)
}
