import type { Handlers } from '../../../generated/tellus/index.ts'
import { windowOf } from '../../../src/archive/sessionWindow.ts'
import { writeSession } from '../../../src/archive/writeSession.ts'
import { notFound } from '../../../src/errors.ts'
import * as chargingRecords from '../../../src/store/chargingRecords.ts'
import * as sessionTelemetry from '../../../src/store/sessionTelemetry.ts'

export const getSessionTelemetry: Handlers['getSessionTelemetry'] = async ({ db, caller, path, query, headers }) => {
  const record = await chargingRecords.find(db, caller.tenantId, path.record_id)
  if (record?.device_id !== path.device_id.toLowerCase()) throw notFound('session')
  const session = await sessionTelemetry.read(db, caller.tenantId, record, windowOf(record, query))
  return writeSession(record, session, headers.accept)
}
