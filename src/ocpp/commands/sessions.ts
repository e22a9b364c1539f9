import { evseOf } from '../connectorState.ts'
import { ownId, type Profile, profile2, profile16, sessionId, setProfile } from './profiles.ts'
import { impossible, numberOf, planned, type Subject, type Translation, textOf } from './translation.ts'

/**
 * A session that runs gets the power that is asked for. Where none does, one is started, with the power as its profile;
 * stations without smart charging ignore that. Where a plan shares the site's power, no profile goes along: the power is
 * the most that the plan gives the session, which begins with what the plan lets any begin with.
 */
export function startCharging(subject: Subject): Translation {
  const { params, transaction, connectorId, isPlanned } = subject
  const kw = numberOf(params, 'charge_power')
  const untilSoc = numberOf(params, 'target_soc')
  const ceiling = kw === undefined ? undefined : ceilingOf(connectorId, kw, untilSoc)
  if (transaction === undefined || connectorId === null || ceiling === undefined)
    return startSession(subject, isPlanned ? undefined : ceiling)
  if (isPlanned)
    return { ...planned(subject), ...(untilSoc !== undefined && { note: 'target_soc is not told to the charger' }) }
  const profile = { ...ceiling, id: sessionId(transaction) }
  return { kind: 'calls', calls: [setProfile(subject, profile, transaction)], proof: 'answer' }
}

/** What a session may draw from its beginning to its end. */
const ceilingOf = (connectorId: number | null, kw: number, untilSoc: number | undefined): Profile => ({
  id: ownId('start', connectorId),
  purpose: 'TxProfile',
  kind: 'Relative',
  periods: [{ start: 0, kw }],
  ...(untilSoc !== undefined && { untilSoc }),
})

/** A remote start. Its tag is the one that was asked for, or one of its own by which its session is known. */
export function startSession(subject: Subject, profile: Profile | undefined): Translation {
  const { protocol, connectorId, params, number, newTag } = subject
  const named = textOf(params, 'id_tag')
  const remoteStart = { idTag: named ?? newTag(), isOwnTag: named === undefined }
  const { idTag } = remoteStart
  if (protocol === 'ocpp1.6') {
    const payload = {
      ...(connectorId !== null && { connectorId }),
      idTag,
      ...(profile && { chargingProfile: profile16(profile) }),
    }
    return { kind: 'calls', calls: [{ action: 'RemoteStartTransaction', payload }], proof: 'begin', remoteStart }
  }
  const payload = {
    ...(connectorId !== null && { evseId: evseOf(connectorId).evseId }),
    remoteStartId: number,
    idToken: { idToken: idTag, type: 'Central' },
    ...(profile && { chargingProfile: profile2(subject, profile) }),
  }
  return { kind: 'calls', calls: [{ action: 'RequestStartTransaction', payload }], proof: 'begin', remoteStart }
}

export function stopCharging({ protocol, transaction }: Subject): Translation {
  if (transaction === undefined) return impossible('NO_SESSION', 'no session is running there')
  const call =
    protocol === 'ocpp1.6'
      ? { action: 'RemoteStopTransaction', payload: { transactionId: transaction.numericId } }
      : { action: 'RequestStopTransaction', payload: { transactionId: transaction.transactionId } }
  return { kind: 'calls', calls: [call], proof: 'end' }
}
