import type { Handlers } from '../../../generated/tellus/index.ts'
import { faultCode } from '../../../src/charger/telemetry.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import * as commands from '../../../src/store/commands.ts'
import * as heartbeats from '../../../src/store/heartbeats.ts'

export const sendHeartbeat: Handlers['sendHeartbeat'] = async ({ db, caller, body }) => {
  await heartbeats.note(db, caller.deviceId, body.status, faultCode(body.fault_code))
  return success({ commands: await commands.listPending(db, caller.deviceId) })
}
