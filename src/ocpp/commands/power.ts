import { clearProfile, ownId, type Profile, sessionId, setProfile } from './profiles.ts'
import { endOf, profileOfSchedule, readSlots } from './schedule.ts'
import { startSession } from './sessions.ts'
import { impossible, notSupported, numberOf, planned, type Subject, type Translation } from './translation.ts'

/**
 * A limit of a connector, or of the station: for whatever is charged there, and for the session that runs, since its own
 * profile would prevail. Where a plan shares the site's power it is the plan's to keep: stations take the default of a
 * connector before the one of the plan, which is for all of them.
 */
export function setPowerLimit(subject: Subject): Translation {
  const { params, transaction, connectorId, isPlanned, ratingKw, now } = subject
  const percent = numberOf(params, 'power_limit_percent')
  const own = isPlanned ? undefined : transaction
  const kw =
    numberOf(params, 'power_limit') ??
    (percent === undefined || ratingKw === null ? undefined : (percent / 100) * ratingKw)
  if (percent !== undefined && percent >= 100) {
    const clear = clearProfile(subject, ownId('limit', connectorId))
    return {
      kind: 'calls',
      calls: own === undefined ? [clear] : [clear, clearProfile(subject, sessionId(own))],
      proof: 'answer',
    }
  }
  if (kw === undefined) return impossible('INVALID_PARAMS', 'params.power_limit is missing')
  if (isPlanned) return planned(subject)
  const duration = numberOf(params, 'duration')
  const limit: Profile = {
    id: ownId('limit', connectorId),
    purpose: 'TxDefaultProfile',
    ...(duration === undefined ? { kind: 'Relative' } : { kind: 'Absolute', startsAt: now, duration }),
    periods: [{ start: 0, kw: Math.max(0, kw) }],
  }
  const calls: Extract<Translation, { kind: 'calls' }>['calls'] = [setProfile(subject, limit)]
  if (own !== undefined) calls.push(setProfile(subject, { ...limit, id: sessionId(own), purpose: 'TxProfile' }, own))
  return { kind: 'calls', calls, proof: 'answer' }
}

/** Power from the vehicle, which OCPP has since 2.1; without a session one is started with it. */
export function discharge(subject: Subject): Translation {
  const { protocol, params, transaction, connectorId, now } = subject
  if (protocol !== 'ocpp2.1') return notSupported(protocol, 'way to discharge a vehicle')
  const kw = numberOf(params, 'discharge_power')
  if (kw === undefined) return impossible('INVALID_PARAMS', 'params.discharge_power is missing')
  const duration = numberOf(params, 'duration')
  const profile: Profile = {
    id: ownId('start', connectorId),
    purpose: 'TxProfile',
    ...(duration === undefined ? { kind: 'Relative' } : { kind: 'Absolute', startsAt: now, duration }),
    periods: [{ start: 0, kw: -Math.abs(kw) }],
  }
  if (transaction === undefined || connectorId === null) return startSession(subject, profile)
  const own = { ...profile, id: sessionId(transaction) }
  const note = 'min_soc is kept as far as the charger tells the state of charge'
  return {
    kind: 'calls',
    calls: [setProfile(subject, own, transaction)],
    proof: 'answer',
    ...(numberOf(params, 'min_soc') !== undefined && { note }),
  }
}

/**
 * A schedule of the console as one recurring profile, which the station follows by itself; where a plan shares the site's
 * power, when that is switched off.
 */
export function setSchedule(subject: Subject): Translation {
  const { protocol, params, connectorId, isPlanned, now } = subject
  if (params.enabled === false)
    return { kind: 'calls', calls: [clearProfile(subject, ownId('schedule', connectorId))], proof: 'answer' }
  const slots = readSlots(params)
  if (slots === undefined) return impossible('INVALID_PARAMS', 'params are not a schedule')
  if ((endOf(params) ?? now) < now) return impossible('INVALID_PARAMS', 'params.effective_until is over')
  if (protocol !== 'ocpp2.1' && slots.some(({ action }) => action === 'discharge'))
    return notSupported(protocol, 'way to discharge a vehicle')
  if (isPlanned)
    return {
      kind: 'planned',
      transactionId: undefined,
      note: 'the station follows it when the plan is switched off',
    }
  const profile = profileOfSchedule(subject, slots)
  const note = 'target_soc is not told to the charger'
  return {
    kind: 'calls',
    calls: [setProfile(subject, profile)],
    proof: 'answer',
    ...(numberOf(params, 'target_soc') !== undefined && { note }),
  }
}
