import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { queryRows } from '../../../src/postgrest/serve.ts'

export const queryMeterReadings: Handlers['queryMeterReadings'] = call => queryRows(call, tables.mg_meter_readings)
