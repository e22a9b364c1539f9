import type { Handlers } from '../../../generated/tellus/index.ts'
import { addUploadUrls } from '../../../src/charger/logUpload.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { awaitCommand } from '../../../src/feed/awaitCommand.ts'
import { baseUrl } from '../../../src/http/baseUrl.ts'
import * as commands from '../../../src/store/commands.ts'

export const fetchCommand: Handlers['fetchCommand'] = async ({ db, config, feed, headers, caller, query, signal }) => {
  const { connector_id: connectorId, wait: seconds = 30 } = query
  const wait = { deviceId: caller.deviceId, connectorId, seconds, signal: signal() }
  const command = await awaitCommand(db, feed, wait)
  if (command === undefined) return success(null)
  const uploads = { base: baseUrl(headers, config), seconds: config.logUploadSeconds }
  const [pending = command] = await addUploadUrls(db, [command], uploads)
  return { ...success(pending), undelivered: () => commands.withdrawOffer(db, command.command_id) }
}
