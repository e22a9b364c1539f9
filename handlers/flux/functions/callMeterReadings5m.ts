import type { Handlers } from '../../../generated/flux/index.ts'
import { routines } from '../../../src/contracts/flux/tables.ts'
import { callRoutine } from '../../../src/postgrest/serve.ts'

export const callMeterReadings5m: Handlers['callMeterReadings5m'] = call =>
  callRoutine('POST', call, routines.get_meter_readings_5m)
