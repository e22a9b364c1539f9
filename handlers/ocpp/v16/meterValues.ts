import type { Handlers } from '../../../generated/ocpp/index.ts'
import { storeSamples } from '../../../src/ocpp/stationSamples.ts'

/** A station that never got an id for its transaction says 0 or less; then it is the one that runs on the connector. */
export const meterValues: Handlers['v16']['meterValues'] = async call => {
  const { connectorId, transactionId = 0, meterValue } = call.payload
  await storeSamples(call, connectorId, transactionId > 0 ? String(transactionId) : null, meterValue)
  return {}
}
