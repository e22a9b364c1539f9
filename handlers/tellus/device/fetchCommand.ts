import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { awaitCommand } from '../../../src/feed/awaitCommand.ts'
import * as commands from '../../../src/store/commands.ts'

export const fetchCommand: Handlers['fetchCommand'] = async ({ db, feed, caller, query, signal }) => {
  const { connector_id: connectorId, wait: seconds = 30 } = query
  const wait = { deviceId: caller.deviceId, connectorId, seconds, signal: signal() }
  const command = await awaitCommand(db, feed, wait)
  if (command === undefined) return success(null)
  return { ...success(command), undelivered: () => commands.withdrawOffer(db, command.command_id) }
}
