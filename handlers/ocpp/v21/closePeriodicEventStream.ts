import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as eventStreams from '../../../src/store/eventStreams.ts'

export const closePeriodicEventStream: Handlers['v21']['closePeriodicEventStream'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  await eventStreams.close(db, station, payload.id, receivedAt)
  return {}
}
