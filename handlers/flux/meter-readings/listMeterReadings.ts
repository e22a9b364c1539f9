import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { readRows } from '../../../src/postgrest/serve.ts'

export const listMeterReadings: Handlers['listMeterReadings'] = call => readRows(call, tables.mg_meter_readings)
