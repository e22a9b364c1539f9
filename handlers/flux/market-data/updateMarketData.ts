import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { updateRows } from '../../../src/postgrest/serve.ts'

export const updateMarketData: Handlers['updateMarketData'] = call => updateRows(call, tables.market_data)
