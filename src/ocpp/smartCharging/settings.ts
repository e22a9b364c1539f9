import type { PriceStep, Window } from './timeOfUse.ts'

export type Strategy = 'equal_share' | 'priority' | 'time_of_use'

/** How a site shares its power among sessions. */
export interface SiteCharging {
  enabled: boolean
  /** What the site's chargers may draw together, in kW. */
  limitKw: number
  /** % of the limit that is kept back, such as for a vehicle that plugs in before it is told its share. */
  marginPercent: number
  strategy: Strategy
  priorities: Priorities
  /** IANA name of the zone in which windows are read; the site's own without it. */
  timeZone: string | null
  windows: Window[]
  prices: Prices | null
  connectors: ConnectorRange[]
}

/** Weights from 1 to 100. Of a session that several name, the id tag's counts, then the connector's, then the station's. */
export interface Priorities {
  default?: number
  idTags?: Record<string, number>
  /** By `identity/connector`, such as `CP-001/1`. */
  connectors?: Record<string, number>
  stations?: Record<string, number>
}

/** Limits that follow a market signal of the flux contract. */
export interface Prices {
  /** `type` of the rows of `market_data` */
  marketType: number
  steps: PriceStep[]
}

/** What a connector takes, where it is not what is usual. */
export interface ConnectorRange {
  identity: string
  /** Every connector of the station without it. */
  connectorId?: number
  minimumKw?: number
  maximumKw?: number
  /** Phases that it charges on, which convert kW into amperes. */
  phases?: 1 | 2 | 3
  /** In which unit the station is told its limit. */
  unit?: 'W' | 'A'
}

/** What a session on a connector may be given, and in which unit the station is told. */
export interface Range {
  minimumKw: number
  maximumKw: number
  phases: number
  unit: 'W' | 'A'
}

/** Volts between a phase and neutral, by which stations that are told amperes are counted. */
export const PHASE_VOLTS = 230
/** No vehicle charges below 6 A (IEC 61851). */
const LEAST_AMPERES = 6

/** @param ratingKw what the connector takes by its model */
export function rangeOf(connectors: ConnectorRange[], identity: string, connectorId: number, ratingKw: number): Range {
  const ofStation = connectors.filter(each => each.identity === identity)
  const own =
    ofStation.find(each => each.connectorId === connectorId) ?? ofStation.find(each => each.connectorId === undefined)
  const phases = own?.phases ?? 3
  return {
    minimumKw: own?.minimumKw ?? (LEAST_AMPERES * PHASE_VOLTS * phases) / 1000,
    maximumKw: own?.maximumKw ?? ratingKw,
    phases,
    unit: own?.unit ?? 'W',
  }
}

export function weightOf(
  { default: usual = 1, idTags = {}, connectors = {}, stations = {} }: Priorities,
  { identity, connectorId, idTag }: { identity: string; connectorId: number; idTag: string | null },
): number {
  const own = (weights: Record<string, number>, name: string) =>
    Object.hasOwn(weights, name) ? weights[name] : undefined
  return own(idTags, idTag ?? '') ?? own(connectors, `${identity}/${connectorId}`) ?? own(stations, identity) ?? usual
}

/** Float noise that does not count as less than a whole step. */
const NOISE = 1e-6

/** To what can be told to a station: whole watts, or tenths of an ampere. */
export function roundDown(kw: number, { unit, phases }: Range): number {
  if (unit === 'W') return Math.floor(kw * 1000 + NOISE) / 1000
  return kwOf(Math.floor((kw * 10_000) / (PHASE_VOLTS * phases) + NOISE) / 10, phases)
}

const kwOf = (amperes: number, phases: number) => Math.round(amperes * PHASE_VOLTS * phases) / 1000
