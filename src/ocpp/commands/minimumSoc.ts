import * as dischargeEnds from '../../store/dischargeEnds.ts'
import type { StationSample } from '../../store/stationSamples.ts'
import type { StationCall } from '../action.ts'
import { ownId, sessionProfileId } from './profiles.ts'

/**
 * Ends a discharge when the vehicle holds no more than the command wants it to keep: OCPP 2.1 can tell a station what to
 * do above a state of charge, and nothing for below one. The session goes on as it would have without the discharge.
 */
export async function keepMinimumSoc(
  { db, station, stations }: StationCall<unknown>,
  sample: StationSample,
): Promise<void> {
  const ended = await dischargeEnds.note(db, sample)
  if (ended === undefined) return
  const { commandId, connectorId, transactionKey, hasBegunSession, isPlanned } = ended
  // The plan sets its limit under the same number, and takes nothing from the vehicle.
  if (isPlanned && !hasBegunSession) return
  const chargingProfileId = hasBegunSession ? ownId('start', connectorId) : sessionProfileId(transactionKey)
  const outcome = await stations.call(station.identity, 'ClearChargingProfile', { chargingProfileId })
  if (outcome.kind !== 'result') await dischargeEnds.takeBack(db, commandId)
}
