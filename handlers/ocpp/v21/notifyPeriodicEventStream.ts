import type { Handlers } from '../../../generated/ocpp/index.ts'
import { newestElement } from '../../../src/ocpp/newestElement.ts'
import { stationTime } from '../../../src/ocpp/stationTime.ts'
import * as eventStreams from '../../../src/store/eventStreams.ts'

export const notifyPeriodicEventStream: Handlers['v21']['notifyPeriodicEventStream'] = async ({
  db,
  station,
  payload,
  receivedAt,
}) => {
  const { id, basetime, data } = payload
  const latest = newestElement(data, stationTime(basetime, receivedAt))
  if (latest !== undefined) await eventStreams.heard(db, station, id, latest)
  return undefined
}
