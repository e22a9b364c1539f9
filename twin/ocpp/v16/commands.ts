import type { OCPP16 } from 'typed-ocpp'
import {
  type Commands,
  cancelReservation,
  changeAvailability,
  clearProfiles,
  compositeOf,
  remoteStart,
  reserve,
  setProfile,
} from '../acts.ts'
import { inUnit } from '../profiles.ts'
import type { Station } from '../station.ts'
import type { Token } from '../tokens.ts'
import { configuration16 } from './configuration.ts'
import { maintenance16 } from './maintenance.ts'
import { purposeOf, readProfile } from './profile.ts'
import { transactionOf } from './transactions.ts'
import { triggers16 } from './triggers.ts'

const tokenOf = (idTag: string): Token => ({ id: idTag, type: 'ISO14443' })

/** How a 1.6 station obeys. */
export const commands16 = (station: Station): Commands => ({
  ...sessions(station),
  ...smartCharging(station),
  ...reservations(station),
  ...configuration16(station),
  ...maintenance16(station),
  ...triggers16(station),
})

const sessions = (station: Station) => ({
  RemoteStartTransaction(request: OCPP16.RemoteStartTransactionRequest): OCPP16.RemoteStartTransactionResponse {
    const { connectorId, idTag, chargingProfile } = request
    const profile = chargingProfile && readProfile(station, connectorId ?? 1, chargingProfile)
    return { status: remoteStart(station, { token: tokenOf(idTag), connectorId, profile }) }
  },
  RemoteStopTransaction({ transactionId }: OCPP16.RemoteStopTransactionRequest): OCPP16.RemoteStopTransactionResponse {
    const transaction = transactionOf(station, transactionId)
    if (transaction === undefined) return { status: 'Rejected' }
    station.later(() => transaction.outlet.stop('Remote'))
    return { status: 'Accepted' }
  },
  UnlockConnector({ connectorId }: OCPP16.UnlockConnectorRequest): OCPP16.UnlockConnectorResponse {
    const outlet = station.outlets.find(({ id }) => id === connectorId)
    if (outlet === undefined) return { status: 'NotSupported' }
    station.later(() => outlet.stop('UnlockCommand'))
    return { status: 'Unlocked' }
  },
  ChangeAvailability(request: OCPP16.ChangeAvailabilityRequest): OCPP16.ChangeAvailabilityResponse {
    return { status: changeAvailability(station, request.connectorId, request.type === 'Operative') }
  },
})

const smartCharging = (station: Station) => ({
  SetChargingProfile(request: OCPP16.SetChargingProfileRequest): OCPP16.SetChargingProfileResponse {
    return { status: setProfile(station, readProfile(station, request.connectorId, request.csChargingProfiles)) }
  },
  ClearChargingProfile(request: OCPP16.ClearChargingProfileRequest): OCPP16.ClearChargingProfileResponse {
    const { id, connectorId, chargingProfilePurpose: purpose, stackLevel } = request
    const status = clearProfiles(station, profile =>
      id !== undefined
        ? profile.id === id
        : (connectorId === undefined || profile.connectorId === connectorId) &&
          (purpose === undefined || profile.purpose === purposeOf(purpose)) &&
          (stackLevel === undefined || profile.stackLevel === stackLevel),
    )
    return { status }
  },
  GetCompositeSchedule(request: OCPP16.GetCompositeScheduleRequest): OCPP16.GetCompositeScheduleResponse {
    const { connectorId, duration, chargingRateUnit = 'W' } = request
    const composite = compositeOf(station, connectorId, duration)
    if (composite === undefined) return { status: 'Rejected' }
    const startSchedule = new Date(composite.from).toISOString()
    const chargingSchedulePeriod = composite.periods.map(({ start, watts }) => ({
      startPeriod: start,
      limit: inUnit(watts, chargingRateUnit),
    }))
    const chargingSchedule = { duration, startSchedule, chargingRateUnit, chargingSchedulePeriod }
    return { status: 'Accepted', connectorId, scheduleStart: startSchedule, chargingSchedule }
  },
})

const reservations = (station: Station) => ({
  ReserveNow(request: OCPP16.ReserveNowRequest): OCPP16.ReserveNowResponse {
    const { connectorId, expiryDate, idTag, parentIdTag, reservationId } = request
    const until = Date.parse(expiryDate)
    const reservation = { id: reservationId, token: tokenOf(idTag), group: parentIdTag, until }
    return { status: reserve(station, connectorId, reservation) }
  },
  CancelReservation({ reservationId }: OCPP16.CancelReservationRequest): OCPP16.CancelReservationResponse {
    return { status: cancelReservation(station, reservationId) }
  },
})
