import type { StationCall } from './action.ts'
import { keepMinimumSoc } from './commands/minimumSoc.ts'
import { HIGHEST_CONNECTOR } from './connectorState.ts'
import { type MeterValue, measurementsOf } from './meterValues.ts'
import { toReadings } from './sampleReadings.ts'

/**
 * Stores what a station measured as telemetry of its device, committed when this returns. Samples of the whole station,
 * of a station without a device and of one whose site does not consent are in the message log only.
 *
 * @param connectorId on tellus; undefined where only the transaction tells
 * @param transactionId as the station names it, or null
 */
export async function storeSamples(
  call: StationCall<unknown>,
  connectorId: number | undefined,
  transactionId: string | null,
  meterValues: MeterValue[],
): Promise<void> {
  const { ingest, station, receivedAt } = call
  // Before anything is looked up: stations share the statement, and one whose frames are not checked may say anything.
  if (connectorId !== undefined && !isConnector(connectorId)) return
  const measurements = measurementsOf(meterValues)
  if (measurements.length === 0) return
  const asked = { identity: station.identity, connectorId: connectorId ?? 0, transactionId }
  const context = await ingest.sampleContexts.submit(asked)
  const connector = connectorId ?? context.session?.connectorId ?? 0
  if (context.deviceId === null || !isConnector(connector)) return
  const { deviceId } = context
  const readings = toReadings(measurements, connector, { ...context, deviceId }, receivedAt)
  if (readings.length === 1) await ingest.readings.submit(readings[0]!)
  else await Promise.all(readings.map(reading => ingest.readings.submit(reading)))
  const soc = measurements.findLast(measurement => measurement.soc !== undefined)?.soc
  if (soc !== undefined && call.protocol === 'ocpp2.1')
    call.afterwards(() => keepMinimumSoc(call, { deviceId, connectorId: connector, soc }))
}

const isConnector = (connector: number): boolean =>
  Number.isInteger(connector) && connector >= 1 && connector <= HIGHEST_CONNECTOR
