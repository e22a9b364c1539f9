import type { Outlet } from './outlet.ts'
import type { Profile } from './profiles.ts'
import type { Station } from './station.ts'
import type { Token } from './tokens.ts'
import type { Reservation } from './transaction.ts'

/** The commands of a version: what comes with each, made into its answer. */
export type Commands = Record<string, (payload: never) => object>

/** What somebody far away asks for who wants to charge. */
export interface RemoteStart {
  token: Token
  connectorId: number | undefined
  group?: string | undefined
  remoteStartId?: number
  profile?: Profile | undefined
}

/** Begins a session soon, on the connector that is asked for or else where a vehicle waits. */
export function remoteStart(station: Station, wish: RemoteStart): 'Accepted' | 'Rejected' {
  const { token, connectorId, group, remoteStartId, profile } = wish
  const candidates = station.outlets.filter(
    outlet => (connectorId === undefined || outlet.id === connectorId) && outlet.isFreeFor(token, group),
  )
  const outlet = candidates.find(({ connector }) => connector.vehicle !== undefined) ?? candidates[0]
  if (outlet === undefined) return 'Rejected'
  if (profile !== undefined) station.profiles.set({ ...profile, connectorId: outlet.id })
  outlet.start({ token, isRemote: true, remoteStartId })
  return 'Accepted'
}

export type AvailabilityResult = 'Accepted' | 'Scheduled' | 'Rejected'

/** Takes connectors out of service or back into it; a session that runs is not cut off. */
export function changeAvailability(station: Station, connectorId: number, operative: boolean): AvailabilityResult {
  const outlets = station.outlets.filter(({ id }) => connectorId === 0 || id === connectorId)
  if (outlets.length === 0) return 'Rejected'
  for (const outlet of outlets) outlet.available = operative
  station.later(async () => {
    for (const outlet of outlets) outlet.refresh()
    await station.save()
  })
  return !operative && outlets.some(({ transaction }) => transaction !== undefined) ? 'Scheduled' : 'Accepted'
}

export type ReservationResult = 'Accepted' | 'Faulted' | 'Occupied' | 'Rejected' | 'Unavailable'

/** Keeps a connector free for somebody. A reservation with a known id takes the place of the old one. */
export function reserve(
  station: Station,
  connectorId: number | undefined,
  reservation: Reservation,
): ReservationResult {
  const asked = station.outlets.filter(({ id }) => !connectorId || id === connectorId)
  if (asked.length === 0 || reservation.until <= station.setup.clock.now()) return 'Rejected'
  const free = asked.find(outlet => isFree(outlet, reservation.id))
  if (free === undefined) return refusalOf(asked[0]!)
  cancelReservation(station, reservation.id)
  free.reservation = reservation
  station.later(() => free.refresh())
  return 'Accepted'
}

function isFree({ status, reservation }: Outlet, id: number): boolean {
  return status === 'Available' || (status === 'Reserved' && reservation?.id === id)
}

function refusalOf({ status }: Outlet): ReservationResult {
  if (status === 'Faulted' || status === 'Unavailable') return status
  return 'Occupied'
}

export function cancelReservation(station: Station, id: number): 'Accepted' | 'Rejected' {
  const outlet = station.outlets.find(({ reservation }) => reservation?.id === id)
  if (outlet === undefined) return 'Rejected'
  outlet.reservation = undefined
  station.later(() => outlet.refresh())
  return 'Accepted'
}

/** Installs a profile if the station can use it. */
export function setProfile(station: Station, profile: Profile): 'Accepted' | 'Rejected' {
  const { connectorId, purpose, transaction, periods, stackLevel } = profile
  if (connectorId > station.outlets.length || periods.length > 24 || stackLevel > 10) return 'Rejected'
  if (purpose === 'StationMax' && connectorId !== 0) return 'Rejected'
  if (purpose === 'Tx') {
    const running = station.outlets[connectorId - 1]?.transaction
    if (running === undefined || (transaction !== undefined && transaction !== running.id)) return 'Rejected'
    profile.transaction = running.id
  }
  station.profiles.set(profile)
  station.later(() => refresh(station))
  return 'Accepted'
}

export function clearProfiles(station: Station, fits: (profile: Profile) => boolean): 'Accepted' | 'Unknown' {
  const cleared = station.profiles.clear(fits)
  station.later(() => refresh(station))
  return cleared > 0 ? 'Accepted' : 'Unknown'
}

/** What a connector may draw from now on; undefined when there is no such connector. */
export function compositeOf(station: Station, connectorId: number, seconds: number) {
  if (connectorId > station.outlets.length) return undefined
  const from = station.setup.clock.now()
  const transaction = station.outlets[connectorId - 1]?.transaction
  const running = transaction && { transaction: transaction.id, startedAt: transaction.startedAt }
  const most = station.setup.model.power * 1000
  const periods = station.profiles.composite(connectorId, { from, seconds, running })
  // Where nobody limits, the station's own rating does.
  return { from, periods: periods.map(({ start, watts }) => ({ start, watts: Math.min(watts, most) })) }
}

function refresh(station: Station): void {
  for (const outlet of station.outlets) outlet.refresh()
}
