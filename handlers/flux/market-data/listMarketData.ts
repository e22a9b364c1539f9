import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { readRows } from '../../../src/postgrest/serve.ts'

export const listMarketData: Handlers['listMarketData'] = call => readRows(call, tables.market_data)
