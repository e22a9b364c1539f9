import type { OCPP16 } from 'typed-ocpp'
import { type Profile, wattsOf } from '../profiles.ts'
import type { Station } from '../station.ts'
import { transactionOf } from './transactions.ts'

type Profile16 = OCPP16.SetChargingProfileRequest['csChargingProfiles']
type Purpose16 = Profile16['chargingProfilePurpose']

const PURPOSES = { ChargePointMaxProfile: 'StationMax', TxDefaultProfile: 'TxDefault', TxProfile: 'Tx' } as const

export const purposeOf = (purpose: Purpose16): Profile['purpose'] => PURPOSES[purpose]

/** A profile of 1.6 in the words that both versions share. */
export function readProfile(station: Station, connectorId: number, profile: Profile16): Profile {
  const { transactionId, validFrom, validTo, recurrencyKind, chargingSchedule: schedule } = profile
  const { startSchedule, duration, chargingRateUnit, chargingSchedulePeriod } = schedule
  return {
    id: profile.chargingProfileId,
    connectorId,
    purpose: purposeOf(profile.chargingProfilePurpose),
    stackLevel: profile.stackLevel,
    kind: profile.chargingProfileKind,
    ...(recurrencyKind === undefined ? {} : { recurrency: recurrencyKind }),
    ...(transactionId === undefined ? {} : { transaction: transactionOf(station, transactionId)?.id ?? 'unknown' }),
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
