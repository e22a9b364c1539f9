import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as commands from '../../../src/store/commands.ts'
import * as heartbeats from '../../../src/store/heartbeats.ts'
import { faultCode } from '../../../src/telemetry.ts'

export const sendHeartbeat: Handlers['sendHeartbeat'] = async ({ db, caller, body }) => {
  await heartbeats.note(db, caller.deviceId, body.status, faultCode(body.fault_code))
  return success({ commands: await commands.listPending(db, caller.deviceId) })
}
