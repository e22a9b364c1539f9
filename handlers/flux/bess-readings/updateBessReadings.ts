import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { updateRows } from '../../../src/postgrest/serve.ts'

export const updateBessReadings: Handlers['updateBessReadings'] = call => updateRows(call, tables.mg_bess_readings)
