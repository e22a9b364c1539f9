import type { Handlers } from '../../../generated/tellus/index.ts'
import { requestCommand } from '../../../src/charger/commandRequest.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const stopCharging: Handlers['stopCharging'] = async ({ db, config, caller, path, body }) => {
  const target = { deviceId: path.id, connectorId: path.cid, expiresIn: config.commandExpirySeconds }
  const { reason } = body
  const params = { connector_id: path.cid, reason }
  return success(await requestCommand(db, caller, { ...target, command: 'stop_charging', params }))
}
