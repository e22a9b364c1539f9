import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { deleteRows } from '../../../src/postgrest/serve.ts'

export const deleteRegisteredDevices: Handlers['deleteRegisteredDevices'] = call =>
  deleteRows(call, tables.mg_device_registry)
