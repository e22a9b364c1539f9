import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { controlFlexibility as control } from '../../../src/flexibility/controlFlexibility.ts'

export const controlFlexibility: Handlers['controlFlexibility'] = async ({ db, jobs, config, caller, body }) =>
  success(await control({ db, jobs, caller, commandExpirySeconds: config.commandExpirySeconds }, body))
