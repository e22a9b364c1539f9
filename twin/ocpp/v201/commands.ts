import type { OCPP20 } from 'typed-ocpp'
import { type Commands, cancelReservation, changeAvailability, remoteStart, reserve } from '../acts.ts'
import type { Station } from '../station.ts'
import { display201 } from './display.ts'
import { maintenance201 } from './maintenance.ts'
import { monitoring201 } from './monitoring.ts'
import { readProfile } from './profile.ts'
import { smartCharging201 } from './smartCharging.ts'
import { tokenOf } from './tokens.ts'
import { triggers201 } from './triggers.ts'
import { variables201 } from './variables.ts'

/** How a 2.0.1 station obeys. */
export const commands201 = (station: Station): Commands => ({
  ...sessions(station),
  ...reservations(station),
  ...smartCharging201(station),
  ...variables201(station),
  ...monitoring201(station),
  ...display201(station),
  ...maintenance201(station),
  ...triggers201(station),
})

const sessions = (station: Station) => ({
  RequestStartTransaction(request: OCPP20.RequestStartTransactionRequest): OCPP20.RequestStartTransactionResponse {
    const { evseId, idToken, groupIdToken, remoteStartId, chargingProfile } = request
    const profile = chargingProfile && readProfile(station, evseId ?? 1, chargingProfile)
    const wish = { token: tokenOf(idToken), connectorId: evseId, group: groupIdToken?.idToken, remoteStartId, profile }
    return { status: remoteStart(station, wish) }
  },
  RequestStopTransaction({
    transactionId,
  }: OCPP20.RequestStopTransactionRequest): OCPP20.RequestStopTransactionResponse {
    const transaction = station.running.find(({ id }) => id === transactionId)
    if (transaction === undefined) return { status: 'Rejected' }
    station.later(() => transaction.outlet.stop('Remote'))
    return { status: 'Accepted' }
  },
  GetTransactionStatus({ transactionId }: OCPP20.GetTransactionStatusRequest): OCPP20.GetTransactionStatusResponse {
    if (transactionId === undefined) return { messagesInQueue: station.outbox.waiting > 0 }
    return {
      ongoingIndicator: station.running.some(({ id }) => id === transactionId),
      messagesInQueue: station.outbox.unsent().some(({ transaction }) => transaction === transactionId),
    }
  },
  UnlockConnector({ evseId, connectorId }: OCPP20.UnlockConnectorRequest): OCPP20.UnlockConnectorResponse {
    const outlet = station.outlets.find(({ id }) => id === evseId)
    if (outlet === undefined || connectorId !== 1) return { status: 'UnknownConnector' }
    return { status: outlet.transaction === undefined ? 'Unlocked' : 'OngoingAuthorizedTransaction' }
  },
  ChangeAvailability(request: OCPP20.ChangeAvailabilityRequest): OCPP20.ChangeAvailabilityResponse {
    const { evse, operationalStatus } = request
    return { status: changeAvailability(station, evse?.id ?? 0, operationalStatus === 'Operative') }
  },
})

const reservations = (station: Station) => ({
  ReserveNow(request: OCPP20.ReserveNowRequest): OCPP20.ReserveNowResponse {
    const { id, expiryDateTime, idToken, evseId, groupIdToken } = request
    const until = Date.parse(expiryDateTime)
    return { status: reserve(station, evseId, { id, token: tokenOf(idToken), group: groupIdToken?.idToken, until }) }
  },
  CancelReservation({ reservationId }: OCPP20.CancelReservationRequest): OCPP20.CancelReservationResponse {
    return { status: cancelReservation(station, reservationId) }
  },
})
