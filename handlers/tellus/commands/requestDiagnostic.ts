import type { Handlers } from '../../../generated/tellus/index.ts'
import { requestDiagnostic as request } from '../../../src/charger/diagnostics.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'

export const requestDiagnostic: Handlers['requestDiagnostic'] = async ({ db, config, caller, path, body }) =>
  success(await request(db, caller, { deviceId: path.id, expiresIn: config.commandExpirySeconds }, body))
