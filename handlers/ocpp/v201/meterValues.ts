import type { Handlers } from '../../../generated/ocpp/index.ts'
import { connectorNumber } from '../../../src/ocpp/connectorState.ts'
import { storeSamples } from '../../../src/ocpp/stationSamples.ts'

export const meterValues: Handlers['v201']['meterValues'] = async call => {
  const { evseId, meterValue } = call.payload
  await storeSamples(call, connectorNumber(evseId) ?? 0, null, meterValue)
  return {}
}
