import type { Handlers } from '../../../generated/board/index.ts'
import { toStation } from '../../../src/board/items.ts'
import { unknownConnection } from '../../../src/contracts/board/errors.ts'
import * as stations from '../../../src/store/boardStations.ts'

export const getStation: Handlers['getStation'] = async ({ db, caller, path }) => {
  const station = await stations.find(db, caller.tenantId, path.identity)
  if (station === undefined) throw unknownConnection()
  return { status: 200, body: toStation(station) }
}
