import type { Handlers } from '../../../generated/tellus/index.ts'
import { requestCommand } from '../../../src/charger/commandRequest.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const queueCommand: Handlers['queueCommand'] = async ({ db, config, caller, body }) => {
  const { device_id: deviceId, connector_id: connectorId = null, command, params = {} } = body
  const expiresIn = body.expires_in ?? config.commandExpirySeconds
  return success(await requestCommand(db, caller, { deviceId, connectorId, command, params, expiresIn }))
}
