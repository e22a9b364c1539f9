import type { Knex } from 'knex'
import * as decisions from '../../store/chargingDecisions.ts'
import * as defaults from '../../store/chargingDefaults.ts'
import * as plannedCommands from '../../store/plannedCommands.ts'
import * as siteCharging from '../../store/siteCharging.ts'
import type { Outcome } from '../action.ts'
import { giveBack, profilesAbovePlan, settle } from './commands.ts'
import { decide, type Target, TURN } from './decide.ts'
import { type Floor, hasRefused, isPassing } from './floors.ts'
import { clearById, clearDefault, clearProfile, setDefault, setProfile } from './profiles.ts'
import { nextWindowEdge, pricePercent, windowPercent } from './timeOfUse.ts'

/** A call to a station, wherever its socket is. */
export type CallStation = (call: {
  tenantId: string
  identity: string
  action: string
  payload: Record<string, unknown>
  requestedBy: string
  timeoutSeconds: number
}) => Promise<Outcome>

export interface PlannerMeans {
  db: Knex
  callStation: CallStation
}

/** How long a station may take to answer, in seconds. */
const PATIENCE = 10
/** After this time a station that did not take its share is told again, in milliseconds. */
const RETRY = 60_000
/** After this time a station that refused what sessions begin with is told again with the next plan, in milliseconds. */
const RETRY_REFUSED = 15 * 60_000

/**
 * Plans a site anew and tells the stations whose share changed, and those that sessions begin with something else at. What
 * shrinks is told first and what grows only when all of that was taken, so that what is in force never adds up to more than
 * the limit; a station that does not take its share is counted with its maximum, and the others are planned again around
 * it. One process at a time plans a site.
 *
 * @returns when the site is to be planned again although nothing may have changed; undefined when time changes nothing
 */
export async function planSite(means: PlannerMeans, siteId: string, now = new Date()): Promise<Date | undefined> {
  const { db } = means
  const site = await siteCharging.find(db, siteId)
  if (site === undefined) return undefined
  await decisions.endFinished(db, siteId)
  const waiting = await plannedCommands.waitingAt(db, siteId)
  const sessions = await decisions.sessionsOf(db, siteId)
  const departed = await release(means, await decisions.departedFrom(db, siteId), now)
  const leaving = await releaseDefaults(means, siteId, site.enabled, now)
  if (!site.enabled) {
    const limited = sessions.filter(({ limited }) => limited)
    return earliest([departed, leaving, await release(means, limited, now)])
  }
  const stations = await defaults.stationsOf(db, siteId)
  const timeOfUse = await readTimeOfUse(db, site, now)
  const silence = {
    sessions: new Set(sessions.filter(session => justFailed(session, now)).map(key)),
    stations: new Set(
      stations
        .filter(station => hasRefused(station, now, { unanswered: RETRY, refused: RETRY_REFUSED }))
        .map(({ identity }) => identity),
    ),
  }
  const planned = () => decide(site, { sessions, stations }, timeOfUse.percent, silence, now)
  for (;;) {
    const { targets, floors } = planned()
    const lower = targets.filter(({ allocatedKw, heldKw }) => allocatedKw < heldKw)
    const lowerFloors = floors.filter(({ floorKw, heldKw, isKnown }) => !isKnown && floorKw <= heldKw)
    const refused = await Promise.all([tell(means, site, lower), tellFloors(means, site, lowerFloors)])
    for (const session of refused[0]) silence.sessions.add(key(session))
    for (const { identity } of refused[1]) silence.stations.add(identity)
    if (refused.flat().length === 0) break
  }
  const plan = planned()
  const higher = plan.targets.filter(
    ({ allocatedKw, heldKw, isTold }) => allocatedKw > heldKw || (allocatedKw === heldKw && !isTold),
  )
  const higherFloors = plan.floors.filter(({ isKnown }) => !isKnown)
  const [failed] = await Promise.all([tell(means, site, higher), tellFloors(means, site, higherFloors)])
  for (const session of failed) silence.sessions.add(key(session))
  const silent = sessions.filter(session => silence.sessions.has(key(session)))
  await settle(db, waiting, new Map(silent.map(session => [key(session), session.last?.reason ?? null])))

  return earliest([
    departed,
    leaving,
    timeOfUse.nextAt,
    plan.short ? new Date((Math.floor(now.getTime() / TURN) + 1) * TURN) : undefined,
    silence.sessions.size > 0 || stations.some(isPassing) ? new Date(now.getTime() + RETRY) : undefined,
    ...sessions.map(({ commandedUntil }) => commandedUntil ?? undefined),
  ])
}

const key = ({ transactionKey }: decisions.SiteSession) => transactionKey

/** A station that has connected since is told again at once. */
function justFailed({ last, connectedAt }: decisions.SiteSession, now: Date): boolean {
  if (last?.status !== 'rejected' || now.getTime() - last.updatedAt.getTime() >= RETRY) return false
  return connectedAt === null || connectedAt < last.updatedAt
}

/** Tells stations their shares, all at once. @returns the sessions whose stations did not take theirs */
async function tell(
  { db, callStation }: PlannerMeans,
  { siteId, strategy }: siteCharging.StoredSite,
  targets: Target[],
): Promise<decisions.SiteSession[]> {
  const ids = await decisions.add(
    db,
    targets.map(({ session, allocatedKw }) => ({ ...session, siteId, strategy, allocatedKw })),
  )
  const told = await Promise.all(
    targets.map(async ({ session, range, allocatedKw }, index) => {
      const outcome = await callStation({ ...callOf(session), ...setProfile(session, allocatedKw, range) })
      const decisionId = ids[index]!
      const reason = isAccepted(outcome) ? null : reasonOf(outcome)
      if (reason === null) await decisions.activate(db, decisionId, session.transactionKey)
      else await decisions.reject(db, decisionId, reason)
      const status = reason === null ? 'active' : 'rejected'
      session.last = { decisionId, siteId, allocatedKw, status, reason, updatedAt: new Date() }
      return reason === null ? undefined : session
    }),
  )
  return told.filter(session => session !== undefined)
}

/** Takes limits away. What a station could not be told is tried again. */
async function release(
  { db, callStation }: PlannerMeans,
  sessions: decisions.LimitedSession[],
  now: Date,
): Promise<Date | undefined> {
  const cleared = await Promise.all(
    sessions.map(async session => {
      const outcome = await callStation({ ...callOf(session), ...clearProfile(session) })
      // A station without the profile says Unknown, and has no limit either.
      if (outcome.kind !== 'result') return false
      await decisions.end(db, session.transactionKey)
      return true
    }),
  )
  return cleared.every(Boolean) ? undefined : new Date(now.getTime() + RETRY)
}

/** Tells stations what sessions begin with, all at once. @returns those that did not take it */
async function tellFloors(
  { db, callStation }: PlannerMeans,
  { siteId }: siteCharging.StoredSite,
  floors: Floor[],
): Promise<defaults.SiteStation[]> {
  if (floors.length === 0) return []
  const toldAt = await defaults.note(
    db,
    siteId,
    floors.map(({ station, floorKw }) => ({ ...station, toldKw: floorKw })),
  )
  const told = await Promise.all(
    floors.map(async ({ station, range, floorKw }) => {
      const outcome = await callStation({ ...callOf(station), ...setDefault(station.protocol, floorKw, range) })
      const before = station.told?.heldKw ?? null
      const hasTaken = isAccepted(outcome)
      const heldKw = hasTaken ? floorKw : mayHave(outcome) ? Math.max(before ?? 0, floorKw) : before
      const isNew = station.told?.siteId !== siteId || station.told.reason !== null
      const obstacle = hasTaken && isNew ? await clearLimits({ db, callStation }, station) : undefined
      const reason = hasTaken ? ((obstacle && reasonOf(obstacle)) ?? null) : reasonOf(outcome)
      await defaults.settle(db, station.identity, { heldKw, reason })
      station.told = { siteId, toldKw: floorKw, heldKw, reason, toldAt }
      return reason === null ? undefined : station
    }),
  )
  return told.filter(station => station !== undefined)
}

/** Takes away what would let sessions begin with more than the default. @returns what came of it where it failed */
async function clearLimits(
  { db, callStation }: PlannerMeans,
  station: defaults.SiteStation,
): Promise<Outcome | undefined> {
  for (const id of await profilesAbovePlan(db, station.identity)) {
    const outcome = await callStation({ ...callOf(station), ...clearById(station.protocol, id) })
    if (outcome.kind !== 'result') return outcome
  }
  return undefined
}

/** Whether a station may have taken what it gave no answer to. */
const mayHave = (outcome: Outcome) => outcome.kind === 'timeout' || (outcome.kind === 'offline' && !outcome.unsent)

/** Takes away what sessions begin with, where stations are not at a site any more that shares its power. */
async function releaseDefaults(
  { db, callStation }: PlannerMeans,
  siteId: string,
  enabled: boolean,
  now: Date,
): Promise<Date | undefined> {
  const leaving = await defaults.leaving(db, siteId, !enabled)
  const cleared = await Promise.all(
    leaving.map(async station => {
      const outcome = await callStation({ ...callOf(station), ...clearDefault(station.protocol) })
      if (outcome.kind !== 'result') return false
      await giveBack(db, station.identity)
      await defaults.remove(db, station.identity)
      return true
    }),
  )
  return cleared.every(Boolean) ? undefined : new Date(now.getTime() + RETRY)
}

const callOf = ({ tenantId, identity }: { tenantId: string; identity: string }) => ({
  tenantId,
  identity,
  requestedBy: 'smart-charging',
  timeoutSeconds: PATIENCE,
})

const isAccepted = (outcome: Outcome) => outcome.kind === 'result' && outcome.payload.status === 'Accepted'

function reasonOf(outcome: Outcome): string {
  if (outcome.kind === 'result') return String(outcome.payload.status)
  return outcome.kind === 'error' ? outcome.code : outcome.kind
}

/** How much of the limit counts now, in %, and when that changes. */
async function readTimeOfUse(
  db: Knex,
  { strategy, windows, zone, prices }: siteCharging.StoredSite,
  now: Date,
): Promise<{ percent: number; nextAt: Date | undefined }> {
  if (strategy !== 'time_of_use') return { percent: 100, nextAt: undefined }
  const signal = prices === null ? undefined : await siteCharging.priceAt(db, prices.marketType, now)
  return {
    percent: Math.min(windowPercent(windows, zone, now), pricePercent(prices?.steps ?? [], signal?.price)),
    nextAt: earliest([nextWindowEdge(windows, zone, now), signal?.nextAt]),
  }
}

function earliest(dates: (Date | undefined)[]): Date | undefined {
  return dates.filter(date => date !== undefined).sort((a, b) => a.getTime() - b.getTime())[0]
}
