import type { Handlers } from '../../../generated/ocpp/index.ts'
import * as eventStreams from '../../../src/store/eventStreams.ts'

export const openPeriodicEventStream: Handlers['v21']['openPeriodicEventStream'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  await eventStreams.open(db, station, payload.constantStreamData, receivedAt)
  return { status: 'Accepted' }
}
