import type { SiteSession } from '../../store/chargingDecisions.ts'
import type { SiteStation } from '../../store/chargingDefaults.ts'
import { evseOf } from '../connectorState.ts'
import { type Range, rangeOf, roundDown, type SiteCharging } from './settings.ts'

/** What a session that begins at a station may draw until it has its share. */
export interface Floor {
  station: SiteStation
  range: Range
  /** kW of each session. */
  floorKw: number
  /** What the station holds at most, in kW; 0 where it was told nothing. */
  heldKw: number
  /** Whether the station knows it already. */
  isKnown: boolean
}

/** How many sessions may begin at a station beside those that run. */
function roomAt({ identity, connectorIds }: SiteStation, sessions: SiteSession[]): number {
  const busy = new Set(
    sessions.filter(session => session.identity === identity).map(({ connectorId }) => placeOf(connectorId)),
  )
  const places = new Set(connectorIds.map(placeOf))
  // Of a station that has not told its connectors one is known: that it is one.
  if (places.size === 0) return busy.size === 0 ? 1 : 0
  return [...places].filter(place => !busy.has(place)).length
}

const placeOf = (connectorId: number) => evseOf(connectorId).evseId

/** What sessions may draw that begin where nobody can be told another limit, in kW. */
export function heldElsewhere(stations: SiteStation[], sessions: SiteSession[], silent: ReadonlySet<string>): number {
  return stations
    .filter(station => !canBeTold(station, silent))
    .reduce((sum, station) => sum + (station.told?.heldKw ?? 0) * roomAt(station, sessions), 0)
}

/**
 * Of what the shares leave, each station gets the least at which a vehicle charges for every session that may begin there,
 * as long as there is so much; the others begin with nothing.
 *
 * @param silent identities of stations that did not take what they were told
 */
export function floors(
  site: SiteCharging & { siteId: string },
  { stations, sessions }: { stations: SiteStation[]; sessions: SiteSession[] },
  freeKw: number,
  silent: ReadonlySet<string>,
): Floor[] {
  let left = freeKw
  return stations
    .filter(station => canBeTold(station, silent))
    .map(station => {
      const { identity, connectorIds, ratingKw, told } = station
      const ranges = (connectorIds.length === 0 ? [1] : connectorIds).map(connectorId =>
        rangeOf(site.connectors, identity, connectorId, ratingKw),
      )
      const range = ranges.reduce((least, each) => (each.minimumKw < least.minimumKw ? each : least))
      const kw = roundDown(Math.min(range.minimumKw, range.maximumKw), range)
      const room = roomAt(station, sessions)
      const fits = connectorIds.length > 0 && kw * room <= left
      if (fits) left -= kw * room
      const floorKw = fits ? kw : 0
      const isKnown =
        told?.siteId === site.siteId && told.reason === null && told.toldKw === floorKw && isFresh(station)
      return { station, range, floorKw, heldKw: told?.heldKw ?? 0, isKnown }
    })
}

const canBeTold = ({ identity, isConnected }: SiteStation, silent: ReadonlySet<string>) =>
  isConnected && !silent.has(identity)

/** A station that has started anew may have forgotten it. */
const isFresh = ({ told, bootedAt }: SiteStation) => told !== null && (bootedAt === null || bootedAt <= told.toldAt)

/** Reasons for which it is worth to try again, though the station has not connected anew. */
export const PASSING = new Set(['pending', 'offline', 'timeout', 'busy'])

/** Reasons that stay until the station has another software. */
const LASTING = new Set(['NotSupported', 'NotImplemented'])

/**
 * Whether a station was told of late, and did not take it.
 *
 * @param patience how long that is where it gave no answer, and where it refused, in milliseconds
 */
export function hasRefused(
  station: SiteStation,
  now: Date,
  patience: { unanswered: number; refused: number },
): boolean {
  const { told, connectedAt } = station
  if (told === null || told.reason === null || connectedAt > told.toldAt || !isFresh(station)) return false
  const { unanswered, refused } = patience
  const tolerable = PASSING.has(told.reason) ? unanswered : refused
  return LASTING.has(told.reason) || now.getTime() - told.toldAt.getTime() < tolerable
}

/** Whether time alone makes a station worth to be told again. */
export const isPassing = ({ told, isConnected }: SiteStation): boolean => isConnected && PASSING.has(told?.reason ?? '')
