import type { SiteSession } from '../../store/chargingDecisions.ts'
import type { StoredSite } from '../../store/siteCharging.ts'
import { afterMargin, allocate, type Claim, isShort } from './allocate.ts'
import { PHASE_VOLTS, type Range, rangeOf, type SiteCharging, weightOf } from './settings.ts'

/** How long a turn lasts while a site cannot serve everybody at once, in milliseconds. */
export const TURN = 15 * 60_000

/** What a session should get. */
export interface Target {
  session: SiteSession
  range: Range
  allocatedKw: number
  /** What it may be drawing as far as is known, in kW. */
  heldKw: number
}

export interface Plan {
  targets: Target[]
  /** Whether some of them pause, so that turns matter. */
  short: boolean
}

/**
 * What every session of a site should get.
 *
 * A session whose station cannot be told is counted with all that its connector takes, because that is what it may be
 * drawing. A command or a flexibility control that limits a connector holds as well: the lower one wins.
 *
 * @param percent how much of the limit the time of use leaves
 * @param unreachable keys of transactions whose stations did not take what they were told
 */
export function decide(
  site: StoredSite,
  sessions: SiteSession[],
  percent: number,
  unreachable: ReadonlySet<string>,
  now: Date,
): Plan {
  const placed = sessions.map(session => ({
    session,
    range: rangeOf(site.connectors, session.identity, session.connectorId, session.ratingKw),
  }))
  const uncontrolledKw = placed
    .filter(({ session }) => unreachable.has(session.transactionKey))
    .reduce((sum, { range }) => sum + range.maximumKw, 0)
  const availableKw = Math.max(0, afterMargin((site.limitKw * percent) / 100, site.marginPercent) - uncontrolledKw)
  const reachable = placed.filter(({ session }) => !unreachable.has(session.transactionKey))
  const claims = reachable.map(({ session, range }) => claimOf(site, session, range))
  const shares = allocate(availableKw, claims, Math.floor(now.getTime() / TURN))
  return {
    targets: reachable.map(({ session, range }) => ({
      session,
      range,
      allocatedKw: roundDown(shares.get(session.transactionKey)!, range),
      heldKw: isHeld(site, session) ? session.last!.allocatedKw : Number.POSITIVE_INFINITY,
    })),
    short: isShort(availableKw, claims),
  }
}

/** What another site has told a station before it moved here is not what this one has decided. */
const isHeld = ({ siteId }: StoredSite, { last }: SiteSession) => last?.status === 'active' && last.siteId === siteId

function claimOf(site: SiteCharging, session: SiteSession, { minimumKw, maximumKw }: Range): Claim {
  return {
    key: session.transactionKey,
    minimumKw,
    maximumKw: Math.min(maximumKw, session.commandedKw ?? maximumKw),
    weight: site.strategy === 'priority' ? weightOf(site.priorities, session) : 1,
  }
}

/** Float noise that does not count as less than a whole step. */
const NOISE = 1e-6

/** To what can be told to a station: whole watts, or tenths of an ampere. */
function roundDown(kw: number, { unit, phases }: Range): number {
  if (unit === 'W') return Math.floor(kw * 1000 + NOISE) / 1000
  return kwOf(Math.floor((kw * 10_000) / (PHASE_VOLTS * phases) + NOISE) / 10, phases)
}

const kwOf = (amperes: number, phases: number) => Math.round(amperes * PHASE_VOLTS * phases) / 1000
