import type { Protocol } from '../action.ts'
import { ownId } from '../commands/profiles.ts'
import { PHASE_VOLTS, type Range } from './settings.ts'

interface Session {
  protocol: Protocol
  transactionId: string
  transactionKey: string
  evseId: number | null
  connectorId: number
}

interface Call {
  action: string
  payload: Record<string, unknown>
}

/**
 * What tells a station the limit of one transaction. The profile ends with the transaction; counted from its start, it does
 * not depend on the station's clock.
 */
export function setProfile(session: Session, allocatedKw: number, range: Range): Call {
  const profile = {
    stackLevel: 0,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Relative',
  }
  const schedule = scheduleOf(allocatedKw, range)
  if (session.protocol === 'ocpp1.6')
    return {
      action: 'SetChargingProfile',
      payload: {
        connectorId: session.connectorId,
        csChargingProfiles: {
          chargingProfileId: profileId(session),
          transactionId: Number(session.transactionId),
          ...profile,
          chargingSchedule: schedule,
        },
      },
    }
  return {
    action: 'SetChargingProfile',
    payload: {
      evseId: session.evseId ?? session.connectorId,
      chargingProfile: {
        id: profileId(session),
        transactionId: session.transactionId,
        ...profile,
        chargingSchedule: [{ id: profileId(session), ...schedule }],
      },
    },
  }
}

/** What takes the limit of a transaction away. */
export const clearProfile = (session: Session): Call => clearById(session.protocol, profileId(session))

/** Above the default limits that commands set, which would be in force from the start of a session otherwise. */
const ABOVE_COMMANDS = 1
/** The id of the profile that sessions begin with. */
export const DEFAULT_ID = ownId('default', null)

/** What tells a station the limit of every session from its start until its own limit is told. */
export function setDefault(protocol: Protocol, kw: number, range: Range): Call {
  const profile = {
    stackLevel: ABOVE_COMMANDS,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Relative',
  }
  const schedule = scheduleOf(kw, range)
  const payload =
    protocol === 'ocpp1.6'
      ? {
          connectorId: 0,
          csChargingProfiles: { chargingProfileId: DEFAULT_ID, ...profile, chargingSchedule: schedule },
        }
      : {
          evseId: 0,
          chargingProfile: { id: DEFAULT_ID, ...profile, chargingSchedule: [{ id: DEFAULT_ID, ...schedule }] },
        }
  return { action: 'SetChargingProfile', payload }
}

/** What takes it away. */
export const clearDefault = (protocol: Protocol): Call => clearById(protocol, DEFAULT_ID)

/** What takes any profile away; a station without it says Unknown. */
export const clearById = (protocol: Protocol, id: number): Call => ({
  action: 'ClearChargingProfile',
  payload: protocol === 'ocpp1.6' ? { id } : { chargingProfileId: id },
})

const scheduleOf = (kw: number, range: Range) => ({
  chargingRateUnit: range.unit,
  chargingSchedulePeriod: [{ startPeriod: 0, limit: limitOf(kw, range), numberPhases: range.phases }],
})

/** One profile per transaction, so that the next replaces it; ids are 32 bits wide. */
const profileId = ({ transactionKey }: Session) => Number(BigInt(transactionKey) % 2_147_483_647n)

/** One decimal at most, which is what 1.6 has. */
function limitOf(kw: number, { unit, phases }: Range): number {
  return unit === 'W' ? Math.round(kw * 1000) : Math.round((kw * 10_000) / (PHASE_VOLTS * phases)) / 10
}
