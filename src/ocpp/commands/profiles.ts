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
  /** % at which charging stops; only 2.1 can. */
  untilSoc?: number
}

/** Above the numbers of sessions, of which the plans of a site make the ids of their profiles. */
const OWN_IDS = 2_100_000_000
const KINDS = { limit: 0, schedule: 1, start: 2 }
/** What is asked of a connector, in place of what was asked before. */
export const ownId = (kind: keyof typeof KINDS, connectorId: number | null): number =>
  OWN_IDS + (connectorId ?? 0) * 10 + KINDS[kind]

/** The profile of one session, which its site's plan replaces and takes away under the same number. */
export const sessionId = ({ key }: NonNullable<Subject['transaction']>): number => Number(BigInt(key) % 2_147_483_647n)

const MAX_LIMIT_W = 10_000_000
const watts = (kw: number) => Math.max(-MAX_LIMIT_W, Math.min(MAX_LIMIT_W, Math.round(kw * 1000)))

/** A SetChargingProfile for a connector. @param transaction what a `TxProfile` is for */
export function setProfile(subject: Subject, profile: Profile, transaction?: Subject['transaction']): Call {
  const { protocol, connectorId } = subject
  if (protocol === 'ocpp1.6')
    return {
      action: 'SetChargingProfile',
      payload: {
        connectorId: transaction?.connectorId ?? connectorId ?? 0,
        csChargingProfiles: profile16(profile, transaction),
      },
    }
  const evse = transaction?.connectorId ?? connectorId
  return {
    action: 'SetChargingProfile',
    payload: {
      evseId: evse === null ? 0 : evseOf(evse).evseId,
      chargingProfile: profile2(subject, profile, transaction),
    },
  }
}

/** A ClearChargingProfile, which is fine where there is no such profile either. */
export function clearProfile({ protocol }: Subject, id: number): Call {
  const payload = protocol === 'ocpp1.6' ? { id } : { chargingProfileId: id }
  return { action: 'ClearChargingProfile', payload, alsoFine: ['Unknown'] }
}

/** The profile as 1.6 has it; of its kinds a repeated one needs a recurrency. */
export function profile16(profile: Profile, transaction?: Subject['transaction']) {
  return {
    chargingProfileId: profile.id,
    ...(transaction && { transactionId: transaction.numericId }),
    ...commonOf(profile),
    chargingSchedule: {
      ...scheduleOf(profile),
      chargingSchedulePeriod: profile.periods.map(({ start, kw }) => ({ startPeriod: start, limit: watts(kw) })),
    },
  }
}

/** The profile as 2.x has it. */
export function profile2(
  { protocol }: Pick<Subject, 'protocol'>,
  profile: Profile,
  transaction?: Subject['transaction'],
) {
  const { untilSoc } = profile
  return {
    id: profile.id,
    ...(transaction && { transactionId: transaction.transactionId }),
    ...commonOf(profile),
    chargingSchedule: [
      {
        id: profile.id,
        ...scheduleOf(profile),
        ...(protocol === 'ocpp2.1' && untilSoc !== undefined && { limitAtSoC: { soc: untilSoc, limit: 0 } }),
        chargingSchedulePeriod: profile.periods.map(({ start, kw }) => ({
          startPeriod: start,
          // A setpoint below zero takes power from the vehicle (2.1, V2X).
          ...(kw < 0 ? { operationMode: 'CentralSetpoint', setpoint: watts(kw) } : { limit: watts(kw) }),
        })),
      },
    ],
  }
}

const commonOf = ({ purpose, kind }: Profile) => ({
  stackLevel: 0,
  chargingProfilePurpose: purpose,
  ...(kind === 'Daily' || kind === 'Weekly'
    ? { chargingProfileKind: 'Recurring', recurrencyKind: kind }
    : { chargingProfileKind: kind }),
})

const scheduleOf = ({ startsAt, duration }: Profile) => ({
  ...(duration !== undefined && { duration: Math.round(duration) }),
  ...(startsAt && { startSchedule: startsAt.toISOString() }),
  chargingRateUnit: 'W',
})
