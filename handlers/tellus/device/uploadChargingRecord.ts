import type { Handlers } from '../../../generated/tellus/index.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { invalid } from '../../../src/errors.ts'
import * as uploads from '../../../src/store/chargingRecordUploads.ts'

export const uploadChargingRecord: Handlers['uploadChargingRecord'] = async ({ db, caller, body }) => {
  if (Date.parse(body.end_time) < Date.parse(body.start_time))
    throw invalid('end_time', 'end_time is before start_time')
  await uploads.store(db, caller, body)
  return success(null)
}
