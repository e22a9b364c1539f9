import type { StationSample } from '../store/stationSamples.ts'
import type { StationCall } from './action.ts'
import { keepMinimumSoc } from './commands/minimumSoc.ts'
import { HIGHEST_CONNECTOR } from './connectorState.ts'
import { liveTime } from './liveTime.ts'
import { type Measurement, type MeterValue, measurementsOf } from './meterValues.ts'

/** For how long what a message tells counts for its later instants, in milliseconds. */
const REMEMBERED = 15 * 60_000

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
  const { ingest, station, receivedAt, protocol } = call
  // Before anything is looked up: stations share the statement, and one whose frames are not checked may say anything.
  if (connectorId !== undefined && !isConnector(connectorId)) return
  const place = { identity: station.identity, connectorId: connectorId ?? 0, transactionId }
  const samples = measurementsOf(meterValues).map(measurement => toSample(place, measurement, receivedAt))
  if (samples.length === 0) return
  carryOver(samples)
  await ingest.stationSamples.submit(samples)
  const last = samples.at(-1)!
  if (protocol === 'ocpp2.1' && last.soc !== null) call.afterwards(() => keepMinimumSoc(call, last))
}

const isConnector = (connector: number): boolean =>
  Number.isInteger(connector) && connector >= 1 && connector <= HIGHEST_CONNECTOR

type Place = Pick<StationSample, 'identity' | 'connectorId' | 'transactionId'>

function toSample(
  { identity, connectorId, transactionId }: Place,
  measured: Measurement,
  receivedAt: Date,
): StationSample {
  const { time, live } = liveTime(measured.timestamp, receivedAt)
  return {
    identity,
    connectorId,
    transactionId,
    time,
    live,
    voltage: measured.voltage ?? null,
    current: measured.current ?? null,
    power: measured.power ?? null,
    importWh: measured.importWh ?? null,
    soc: measured.soc ?? null,
    temperature: measured.temperature ?? null,
    phases: measured.phases === undefined ? null : JSON.stringify(measured.phases),
  }
}

/** What one instant of a message leaves out is as the instant before it told, if that was not long ago. */
function carryOver(samples: StationSample[]): void {
  let before: StationSample | undefined
  for (const sample of samples) {
    if (before !== undefined && sample.time.getTime() - before.time.getTime() <= REMEMBERED) {
      sample.voltage ??= before.voltage
      sample.current ??= before.current
      sample.power ??= before.power
      sample.importWh ??= before.importWh
      sample.soc ??= before.soc
    }
    before = sample
  }
}
