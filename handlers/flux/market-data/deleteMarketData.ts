import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { deleteRows } from '../../../src/postgrest/serve.ts'

export const deleteMarketData: Handlers['deleteMarketData'] = call => deleteRows(call, tables.market_data)
