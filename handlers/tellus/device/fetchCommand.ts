import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { awaitCommand } from '../../../src/feed/awaitCommand.ts'
import * as commands from '../../../src/store/commands.ts'

export const fetchCommand: Handlers['fetchCommand'] = async ({ db, feed, caller, query, signal }) => {
  const wait = { deviceId: caller.deviceId, connectorId: query.connector_id, seconds: query.wait ?? 30, signal }
  const command = await awaitCommand(db, feed, wait)
  if (command === undefined) return success(null)
  return { ...success(command), undelivered: () => commands.withdrawOffer(db, command.command_id) }
}
