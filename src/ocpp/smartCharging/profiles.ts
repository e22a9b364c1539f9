import type { Protocol } from '../action.ts'
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
  const schedule = {
    chargingRateUnit: range.unit,
    chargingSchedulePeriod: [{ startPeriod: 0, limit: limitOf(allocatedKw, range), numberPhases: range.phases }],
  }
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
export function clearProfile(session: Session): Call {
  const id = profileId(session)
  return {
    action: 'ClearChargingProfile',
    payload: session.protocol === 'ocpp1.6' ? { id } : { chargingProfileId: id },
  }
}

/** One profile per transaction, so that the next replaces it; ids are 32 bits wide. */
const profileId = ({ transactionKey }: Session) => Number(BigInt(transactionKey) % 2_147_483_647n)

/** One decimal at most, which is what 1.6 has. */
function limitOf(kw: number, { unit, phases }: Range): number {
  return unit === 'W' ? Math.round(kw * 1000) : Math.round((kw * 10_000) / (PHASE_VOLTS * phases)) / 10
}
