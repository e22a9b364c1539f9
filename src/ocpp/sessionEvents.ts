import type { Knex } from 'knex'
import * as deviceEvents from '../store/deviceEvents.ts'
import { sharedDevice } from '../store/stationDevices.ts'
import type { Station } from './action.ts'
import { HIGHEST_CONNECTOR } from './connectorState.ts'
import { isLive } from './liveTime.ts'

/** Something that happened at a connector of a station, and what it moves there. */
interface Happening {
  connectorId: number
  time: Date
  eventType: 'start' | 'stop'
  data: Record<string, unknown>
  move: deviceEvents.ConnectorMove
}

/** Tells of a session's beginning or end as a charger of tellus would, where the station's data is shared. */
export async function tell(
  db: Knex,
  {
    station: { identity, tenantId },
    receivedAt,
  }: { station: Pick<Station, 'identity' | 'tenantId'>; receivedAt: Date },
  { move, ...happening }: Happening,
): Promise<void> {
  if (happening.connectorId < 1 || happening.connectorId > HIGHEST_CONNECTOR) return
  const deviceId = await sharedDevice(db, identity)
  if (deviceId === null) return
  const live = isLive(happening.time, receivedAt)
  await deviceEvents.store(db, { ...happening, tenantId, deviceId, live, move: live ? move : null })
}
