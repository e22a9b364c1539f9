import type { SiteSession } from '../../store/chargingDecisions.ts'
import type { SiteStation } from '../../store/chargingDefaults.ts'
import type { StoredSite } from '../../store/siteCharging.ts'
import { afterMargin, allocate, type Claim, isShort } from './allocate.ts'
import { type Floor, floors, heldElsewhere } from './floors.ts'
import { type Range, rangeOf, roundDown, type SiteCharging, weightOf } from './settings.ts'

/** How long a turn lasts while a site cannot serve everybody at once, in milliseconds. */
export const TURN = 15 * 60_000

/** What a session should get. */
export interface Target {
  session: SiteSession
  range: Range
  allocatedKw: number
  /** What it may be drawing as far as is known, in kW. */
  heldKw: number
  /** Whether the station has its share under the session's own name. */
  isTold: boolean
}

export interface Plan {
  targets: Target[]
  /** What sessions may draw that have just begun, for the stations that can be told. */
  floors: Floor[]
  /** Whether some of them pause, so that turns matter. */
  short: boolean
}

/** Who takes part in a plan. */
export interface Parties {
  /** Those that run, oldest first. */
  sessions: SiteSession[]
  /** Where others may begin. */
  stations: SiteStation[]
}

/** Who did not take what was told. */
export interface Silence {
  /** By the keys of their transactions. */
  sessions: Set<string>
  /** By their identities, of the limits that sessions begin with. */
  stations: Set<string>
}

/**
 * What every session of a site should get, and what those that have just begun may draw until they are told.
 *
 * A session whose station cannot be told is counted with all that its connector takes, because that is what it may be
 * drawing. A command or a flexibility control that limits a connector holds as well: the lower one wins.
 *
 * @param percent how much of the limit the time of use leaves
 */
export function decide(site: StoredSite, parties: Parties, percent: number, silence: Silence, now: Date): Plan {
  const { sessions, stations } = parties
  const placed = sessions.map(session => ({
    session,
    range: rangeOf(site.connectors, session.identity, session.connectorId, session.ratingKw),
  }))
  const uncontrolledKw = placed
    .filter(({ session }) => silence.sessions.has(session.transactionKey))
    .reduce((sum, { range }) => sum + range.maximumKw, heldElsewhere(stations, sessions, silence.stations))
  const availableKw = Math.max(0, afterMargin((site.limitKw * percent) / 100, site.marginPercent) - uncontrolledKw)
  const reachable = placed.filter(({ session }) => !silence.sessions.has(session.transactionKey))
  const claims = reachable.map(({ session, range }) => claimOf(site, session, range))
  const shares = allocate(availableKw, claims, Math.floor(now.getTime() / TURN))
  const targets = reachable.map(({ session, range }) => ({
    session,
    range,
    allocatedKw: roundDown(shares.get(session.transactionKey)!, range),
    heldKw: heldBy(site, session, stations),
    isTold: isTold(site, session),
  }))
  const freeKw = availableKw - targets.reduce((sum, { allocatedKw }) => sum + allocatedKw, 0)
  return { targets, floors: floors(site, parties, freeKw, silence.stations), short: isShort(availableKw, claims) }
}

/** What another site has told a station before it moved here is not what this one has decided. */
const isTold = ({ siteId }: StoredSite, { last }: SiteSession) => last?.status === 'active' && last.siteId === siteId

/** A session that was told nothing yet draws what its station lets it begin with, if that is known. */
function heldBy(site: StoredSite, session: SiteSession, stations: SiteStation[]): number {
  if (isTold(site, session)) return session.last!.allocatedKw
  const station = stations.find(({ identity }) => identity === session.identity)
  const byDefault = session.last === null ? station?.told?.heldKw : undefined
  return byDefault ?? Number.POSITIVE_INFINITY
}

function claimOf(site: SiteCharging, session: SiteSession, { minimumKw, maximumKw }: Range): Claim {
  return {
    key: session.transactionKey,
    minimumKw,
    maximumKw: Math.min(maximumKw, session.commandedKw ?? maximumKw),
    weight: site.strategy === 'priority' ? weightOf(site.priorities, session) : 1,
  }
}
