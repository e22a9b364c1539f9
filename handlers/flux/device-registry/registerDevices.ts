import type { Handlers } from '../../../generated/flux/index.ts'
import { tables } from '../../../src/contracts/flux/tables.ts'
import { insertRows } from '../../../src/postgrest/serve.ts'

export const registerDevices: Handlers['registerDevices'] = call => insertRows(call, tables.mg_device_registry)
