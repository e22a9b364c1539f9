import type { Handlers } from '../../../generated/tellus/index.ts'
import { requestCommand } from '../../../src/charger/commandRequest.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const startCharging: Handlers['startCharging'] = async ({ db, config, caller, path, body }) => {
  const target = { deviceId: path.id, connectorId: path.cid, expiresIn: config.commandExpirySeconds }
  const { charge_power, target_soc } = body
  const params = { connector_id: path.cid, charge_power, target_soc }
  return success(await requestCommand(db, caller, { ...target, command: 'start_charging', params }))
}
