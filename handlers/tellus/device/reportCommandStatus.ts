import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as commands from '../../../src/store/commands.ts'

export const reportCommandStatus: Handlers['reportCommandStatus'] = async ({ db, caller, body }) => {
  const { command_id: commandId, status, message = null, details = null } = body
  await commands.report(db, caller.deviceId, { commandId, status, message, details })
  return success(null)
}
