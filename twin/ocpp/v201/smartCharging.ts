import type { OCPP20 } from 'typed-ocpp'
import { clearProfiles, compositeOf, setProfile } from '../acts.ts'
import { inUnit, type Profile } from '../profiles.ts'
import type { Station } from '../station.ts'
import { purposeOf, readProfile, writeProfile } from './profile.ts'

/** Charging profiles of a 2.0.1 station. */
export const smartCharging201 = (station: Station) => ({
  SetChargingProfile({ evseId, chargingProfile }: OCPP20.SetChargingProfileRequest): OCPP20.SetChargingProfileResponse {
    return { status: setProfile(station, readProfile(station, evseId, chargingProfile)) }
  },
  ClearChargingProfile(request: OCPP20.ClearChargingProfileRequest): OCPP20.ClearChargingProfileResponse {
    const { chargingProfileId: id, chargingProfileCriteria: { evseId, ...criteria } = {} } = request
    const status = clearProfiles(station, profile =>
      id !== undefined
        ? profile.id === id
        : (evseId === undefined || profile.connectorId === evseId) && meets(profile, criteria),
    )
    return { status }
  },
  GetChargingProfiles(request: OCPP20.GetChargingProfilesRequest): OCPP20.GetChargingProfilesResponse {
    const { requestId, evseId, chargingProfile: criteria } = request
    const ids = criteria.chargingProfileId
    const found = station.profiles
      .list()
      .filter(
        profile =>
          (evseId === undefined || profile.connectorId === evseId) &&
          (ids === undefined || ids.includes(profile.id)) &&
          meets(profile, criteria),
      )
    if (found.length === 0) return { status: 'NoProfiles' }
    station.later(() => report(station, requestId, found))
    return { status: 'Accepted' }
  },
  GetCompositeSchedule(request: OCPP20.GetCompositeScheduleRequest): OCPP20.GetCompositeScheduleResponse {
    const { evseId, duration, chargingRateUnit = 'W' } = request
    const composite = compositeOf(station, evseId, duration)
    if (composite === undefined) return { status: 'Rejected' }
    const chargingSchedulePeriod = composite.periods.map(({ start, watts }) => ({
      startPeriod: start,
      limit: inUnit(watts, chargingRateUnit),
    }))
    const scheduleStart = new Date(composite.from).toISOString()
    return {
      status: 'Accepted',
      schedule: { evseId, duration, scheduleStart, chargingRateUnit, chargingSchedulePeriod },
    }
  },
})

type Criteria = Pick<OCPP20.GetChargingProfilesRequest['chargingProfile'], 'chargingProfilePurpose' | 'stackLevel'>

function meets(profile: Profile, { chargingProfilePurpose: purpose, stackLevel }: Criteria): boolean {
  return (
    (purpose === undefined || profile.purpose === purposeOf(purpose)) &&
    (stackLevel === undefined || profile.stackLevel === stackLevel)
  )
}

/** Each EVSE has a report of its own, and all but the last say that more comes. */
async function report({ line }: Station, requestId: number, profiles: Profile[]): Promise<void> {
  const evses = [...new Set(profiles.map(({ connectorId }) => connectorId))]
  for (const [index, evseId] of evses.entries()) {
    const chargingProfile = profiles.filter(({ connectorId }) => connectorId === evseId).map(writeProfile)
    const tbc = index < evses.length - 1
    await line.call('ReportChargingProfiles', { requestId, chargingLimitSource: 'CSO', evseId, chargingProfile, tbc })
  }
}
