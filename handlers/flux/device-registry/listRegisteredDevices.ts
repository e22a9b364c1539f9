import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { readRows } from '../../../src/postgrest/serve.ts'

export const listRegisteredDevices: Handlers['listRegisteredDevices'] = call =>
  readRows(call, tables.mg_device_registry)
