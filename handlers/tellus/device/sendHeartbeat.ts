import type { Handlers } from '../../../generated/tellus/index.ts'
import { addUploadUrls } from '../../../src/charger/logUpload.ts'
import { faultCode } from '../../../src/charger/telemetry.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { baseUrl } from '../../../src/http/baseUrl.ts'
import * as commands from '../../../src/store/commands.ts'
import * as heartbeats from '../../../src/store/heartbeats.ts'

export const sendHeartbeat: Handlers['sendHeartbeat'] = async ({ db, config, headers, caller, body }) => {
  await heartbeats.note(db, caller.deviceId, body.status, faultCode(body.fault_code))
  const pending = await commands.listPending(db, caller.deviceId)
  const uploads = { base: baseUrl(headers, config), seconds: config.logUploadSeconds }
  return success({ commands: await addUploadUrls(db, pending, uploads) })
}
