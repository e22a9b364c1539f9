import type { Handlers } from '../../../generated/tellus/index.ts'
import { requestCommand } from '../../../src/charger/commandRequest.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const startDischarging: Handlers['startDischarging'] = async ({ db, config, caller, path, body }) => {
  const target = { deviceId: path.id, connectorId: path.cid, expiresIn: config.commandExpirySeconds }
  const { discharge_power, duration, min_soc } = body
  const params = { connector_id: path.cid, discharge_power, duration, min_soc }
  return success(await requestCommand(db, caller, { ...target, command: 'discharge', params }))
}
