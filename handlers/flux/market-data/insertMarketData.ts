import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { insertRows } from '../../../src/postgrest/serve.ts'

export const insertMarketData: Handlers['insertMarketData'] = call => insertRows(call, tables.market_data)
