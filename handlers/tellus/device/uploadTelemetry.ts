import type { Handlers } from '../../../generated/tellus/index.ts'
import { toReading } from '../../../src/charger/telemetry.ts'
import { success } from '../../../src/contracts/tellus/envelope.ts'
import { conflict } from '../../../src/errors.ts'

export const uploadTelemetry: Handlers['uploadTelemetry'] = async ({ ingest, caller, body }) => {
  const outcome = await ingest.readings.submit(toReading(caller, body))
  if (outcome === 'conflicting') throw conflict('another sample of this connector has this timestamp')
  return success(null)
}
