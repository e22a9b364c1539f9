import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { queryRows } from '../../../src/postgrest/serve.ts'

export const queryMarketData: Handlers['queryMarketData'] = call => queryRows(call, tables.market_data)
