import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { notFound } from '../../../src/errors.ts'
import * as chargingRecords from '../../../src/store/chargingRecords.ts'

export const getChargingRecord: Handlers['getChargingRecord'] = async ({ db, caller, path }) => {
  const record = await chargingRecords.find(db, caller.tenantId, path.id)
  if (record === undefined) throw notFound('charging record')
  return success(record)
}
