import type { OCPP20 } from 'typed-ocpp'
import { inUnit, type Profile, wattsOf } from '../profiles.ts'
import type { Station } from '../station.ts'

type Profile201 = OCPP20.SetChargingProfileRequest['chargingProfile']
type Purpose201 = Profile201['chargingProfilePurpose']

const PURPOSES = {
  ChargingStationExternalConstraints: 'StationMax',
  ChargingStationMaxProfile: 'StationMax',
  TxDefaultProfile: 'TxDefault',
  TxProfile: 'Tx',
} as const

const NAMES: Record<Profile['purpose'], Purpose201> = {
  StationMax: 'ChargingStationMaxProfile',
  TxDefault: 'TxDefaultProfile',
  Tx: 'TxProfile',
}

export const purposeOf = (purpose: Purpose201): Profile['purpose'] => PURPOSES[purpose]

/** A profile of 2.0.1 in the words that both versions share. The first of its schedules counts. */
export function readProfile(station: Station, evseId: number, profile: Profile201): Profile {
  const { validFrom, validTo, recurrencyKind, transactionId } = profile
  const { startSchedule, duration, chargingRateUnit, chargingSchedulePeriod } = profile.chargingSchedule[0]!
  return {
    id: profile.id,
    connectorId: evseId,
    purpose: purposeOf(profile.chargingProfilePurpose),
    stackLevel: profile.stackLevel,
    kind: profile.chargingProfileKind,
    ...(recurrencyKind === undefined ? {} : { recurrency: recurrencyKind }),
    ...(transactionId === undefined ? {} : { transaction: transactionId }),
    validFrom: validFrom === undefined ? Number.NEGATIVE_INFINITY : Date.parse(validFrom),
    validTo: validTo === undefined ? Number.POSITIVE_INFINITY : Date.parse(validTo),
    ...(startSchedule === undefined ? {} : { startsAt: Date.parse(startSchedule) }),
    duration: duration ?? Number.POSITIVE_INFINITY,
    periods: chargingSchedulePeriod.map(({ startPeriod, limit, numberPhases }) => ({
      start: startPeriod,
      watts: wattsOf(limit, chargingRateUnit, numberPhases),
    })),
    installedAt: station.setup.clock.now(),
  }
}

/** The same way back, as for a report. */
export function writeProfile(profile: Profile): Profile201 {
  const { id, stackLevel, purpose, kind, recurrency, transaction, validFrom, validTo, startsAt, duration } = profile
  const instant = (at: number) => new Date(at).toISOString()
  return {
    id,
    stackLevel,
    chargingProfilePurpose: NAMES[purpose],
    chargingProfileKind: kind,
    ...(recurrency === undefined ? {} : { recurrencyKind: recurrency }),
    ...(transaction === undefined ? {} : { transactionId: transaction }),
    ...(Number.isFinite(validFrom) ? { validFrom: instant(validFrom) } : {}),
    ...(Number.isFinite(validTo) ? { validTo: instant(validTo) } : {}),
    chargingSchedule: [
      {
        id: 1,
        chargingRateUnit: 'W',
        ...(startsAt === undefined ? {} : { startSchedule: instant(startsAt) }),
        ...(Number.isFinite(duration) ? { duration } : {}),
        chargingSchedulePeriod: profile.periods.map(({ start, watts }) => ({
          startPeriod: start,
          limit: inUnit(watts, 'W'),
        })),
      },
    ],
  }
}
