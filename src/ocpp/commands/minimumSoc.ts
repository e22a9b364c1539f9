import * as dischargeEnds from '../../store/dischargeEnds.ts'
import type { StationCall } from '../action.ts'
import { ownId, sessionProfileId } from './profiles.ts'

/**
 * Ends a discharge when the vehicle holds no more than the command wants it to keep: OCPP 2.1 can tell a station what to
 * do above a state of charge, and nothing for below one. The session goes on as it would have without the discharge.
 *
 * @param measured of the connector on tellus; `soc` in %
 */
export async function keepMinimumSoc(
  { db, station, stations }: StationCall<unknown>,
  measured: { deviceId: string; connectorId: number; soc: number },
): Promise<void> {
  const { identity } = station
  const ended = await dischargeEnds.note(db, { ...measured, identity })
  if (ended === undefined) return
  const { commandId, transactionKey, hasBegunSession, isPlanned } = ended
  // The plan sets its limit under the same number, and takes nothing from the vehicle.
  if (isPlanned && !hasBegunSession) return
  const chargingProfileId = hasBegunSession ? ownId('start', measured.connectorId) : sessionProfileId(transactionKey)
  const outcome = await stations.call(identity, 'ClearChargingProfile', { chargingProfileId })
  if (outcome.kind !== 'result') await dischargeEnds.takeBack(db, commandId)
}
