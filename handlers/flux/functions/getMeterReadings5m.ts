import type { Handlers } from '../../../generated/flux/index.ts'
import { routines } from '../../../src/contracts/flux/tables.ts'
import { callRoutine } from '../../../src/postgrest/serve.ts'

export const getMeterReadings5m: Handlers['getMeterReadings5m'] = call =>
  callRoutine('GET', call, routines.get_meter_readings_5m)
