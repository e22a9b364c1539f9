import { evseOf } from '../connectorState.ts'
import type { Call, Subject } from './translation.ts'

/** A stretch of a charging schedule, from so many seconds after its beginning. */
export interface Period {
  /** seconds */
  start: number
  /** kW; negative to take power from the vehicle, which only 2.1 can. */
  kw: number
}

export interface Profile {
  id: number
  /** `TxProfile` is for the session that runs, `TxDefaultProfile` for whatever is charged there. */
  purpose: 'TxProfile' | 'TxDefaultProfile'
  /** Counted from the beginning of the session, from an instant, or from that time of each day or week. */
  kind: 'Relative' | 'Absolute' | 'Daily' | 'Weekly'
  startsAt?: Date
  /** seconds */
  duration?: number
  periods: Period[]
  /** Between these it is in force; without them from now on, and for ever. */
  validFrom?: Date
  validTo?: Date
  /** % at which charging stops; only 2.1 can. */
  untilSoc?: number
}

/** Above the numbers of sessions, of which the plans of a site make the ids of their profiles. */
const OWN_IDS = 2_100_000_000
const KINDS = { limit: 0, schedule: 1, start: 2, default: 3 }
/** What is asked of a connector, in place of what was asked before. */
export const ownId = (kind: keyof typeof KINDS, connectorId: number | null): number =>
  OWN_IDS + (connectorId ?? 0) * 10 + KINDS[kind]

/** The profile of one session, which its site's plan replaces and takes away under the same number. */
export const sessionId = ({ key }: NonNullable<Subject['transaction']>): number => sessionProfileId(key)
export const sessionProfileId = (transactionKey: string): number => Number(BigInt(transactionKey) % 2_147_483_647n)

const HIGHEST_KW = 10_000
/** Volts between a phase and the neutral, and how many phases there are, where a station counts in amperes. */
const VOLTS = 230
const PHASES = 3

type Unit = 'W' | 'A'

/** One decimal at most, which is what 1.6 has. */
function rate(kw: number, unit: Unit): number {
  const watts = Math.max(-HIGHEST_KW, Math.min(HIGHEST_KW, kw)) * 1000
  return unit === 'W' ? Math.round(watts) : Math.round((watts * 10) / (VOLTS * PHASES)) / 10
}

/**
 * A SetChargingProfile for a connector. Stations may know watts or amperes only, and reject the other.
 *
 * @param transaction what a `TxProfile` is for
 */
export function setProfile(subject: Subject, profile: Profile, transaction?: Subject['transaction']): Call {
  const payload = payloadOf(subject, profile, transaction, 'W')
  // What a vehicle gives back is told in watts only.
  if (profile.periods.some(({ kw }) => kw < 0)) return { action: 'SetChargingProfile', payload }
  const otherwise = { action: 'SetChargingProfile', payload: payloadOf(subject, profile, transaction, 'A') }
  return { action: 'SetChargingProfile', payload, otherwise }
}

function payloadOf(
  subject: Subject,
  profile: Profile,
  transaction: Subject['transaction'],
  unit: Unit,
): Call['payload'] {
  const connectorId = transaction?.connectorId ?? subject.connectorId
  if (subject.protocol === 'ocpp1.6')
    return { connectorId: connectorId ?? 0, csChargingProfiles: profile16(profile, transaction, unit) }
  const evseId = connectorId === null ? 0 : evseOf(connectorId).evseId
  return { evseId, chargingProfile: profile2(subject, profile, transaction, unit) }
}

/** A ClearChargingProfile, which is fine where there is no such profile either. */
export function clearProfile({ protocol }: Subject, id: number): Call {
  const payload = protocol === 'ocpp1.6' ? { id } : { chargingProfileId: id }
  return { action: 'ClearChargingProfile', payload, alsoFine: ['Unknown'] }
}

/** The profile as 1.6 has it; of its kinds a repeated one needs a recurrency. */
export function profile16(profile: Profile, transaction?: Subject['transaction'], unit: Unit = 'W') {
  return {
    chargingProfileId: profile.id,
    ...(transaction && { transactionId: transaction.numericId }),
    ...commonOf(profile),
    chargingSchedule: {
      ...scheduleOf(profile, unit),
      chargingSchedulePeriod: profile.periods.map(({ start, kw }) => ({
        startPeriod: start,
        limit: rate(kw, unit),
        ...phasesOf(unit),
      })),
    },
  }
}

/** The profile as 2.x has it. */
export function profile2(
  { protocol }: Pick<Subject, 'protocol'>,
  profile: Profile,
  transaction?: Subject['transaction'],
  unit: Unit = 'W',
) {
  const { untilSoc } = profile
  return {
    id: profile.id,
    ...(transaction && { transactionId: transaction.transactionId }),
    ...commonOf(profile),
    chargingSchedule: [
      {
        id: profile.id,
        ...scheduleOf(profile, unit),
        ...(protocol === 'ocpp2.1' && untilSoc !== undefined && { limitAtSoC: { soc: untilSoc, limit: 0 } }),
        chargingSchedulePeriod: profile.periods.map(({ start, kw }) => ({
          startPeriod: start,
          // A setpoint below zero takes power from the vehicle (2.1, V2X).
          ...(kw < 0
            ? { operationMode: 'CentralSetpoint', setpoint: rate(kw, unit) }
            : { limit: rate(kw, unit), ...phasesOf(unit) }),
        })),
      },
    ],
  }
}

const commonOf = ({ purpose, kind, validFrom, validTo }: Profile) => ({
  stackLevel: 0,
  chargingProfilePurpose: purpose,
  ...(kind === 'Daily' || kind === 'Weekly'
    ? { chargingProfileKind: 'Recurring', recurrencyKind: kind }
    : { chargingProfileKind: kind }),
  ...(validFrom && { validFrom: validFrom.toISOString() }),
  ...(validTo && { validTo: validTo.toISOString() }),
})

const phasesOf = (unit: Unit) => (unit === 'A' ? { numberPhases: PHASES } : {})

const scheduleOf = ({ startsAt, duration }: Profile, unit: Unit) => ({
  ...(duration !== undefined && { duration: Math.round(duration) }),
  ...(startsAt && { startSchedule: startsAt.toISOString() }),
  chargingRateUnit: unit,
})
