import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { insertRows } from '../../../src/postgrest/serve.ts'

export const insertMeterReadings: Handlers['insertMeterReadings'] = call => insertRows(call, tables.mg_meter_readings)
