import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { queryRows } from '../../../src/postgrest/serve.ts'

export const queryRegisteredDevices: Handlers['queryRegisteredDevices'] = call =>
  queryRows(call, tables.mg_device_registry)
