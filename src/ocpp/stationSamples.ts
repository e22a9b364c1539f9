import type { Knex } from 'knex'
import { hear } from '../store/silentTransactions.ts'
import type { SampleContext } from '../store/stationSamples.ts'
import type { StationCall } from './action.ts'
import { HIGHEST_CONNECTOR } from './connectorState.ts'
import { liveTime } from './liveTime.ts'
import { type Measurement, type MeterValue, measurementsOf } from './meterValues.ts'
import { toReadings } from './sampleReadings.ts'

/**
 * Stores what a station measured as telemetry of its device, committed when this returns. Samples of the whole station,
 * of a station without a device and of one whose site does not consent are in the message log only.
 *
 * @param connectorId on tellus; undefined where only the transaction tells
 * @param transactionId as the station names it, or null
 */
export async function storeSamples(
  { db, ingest, station, receivedAt }: StationCall<unknown>,
  connectorId: number | undefined,
  transactionId: string | null,
  meterValues: MeterValue[],
): Promise<void> {
  // Before anything is looked up: stations share the statement, and one whose frames are not checked may say anything.
  if (connectorId !== undefined && !isConnector(connectorId)) return
  const measurements = measurementsOf(meterValues)
  if (measurements.length === 0) return
  const asked = { identity: station.identity, connectorId: connectorId ?? 0, transactionId }
  const context = await ingest.sampleContexts.submit(asked)
  if (context.session !== null) await noteHeard(db, context.session, measurements.at(-1)!, receivedAt)
  const connector = connectorId ?? context.session?.connectorId ?? 0
  if (context.deviceId === null || !isConnector(connector)) return
  const readings = toReadings(measurements, connector, { ...context, deviceId: context.deviceId }, receivedAt)
  if (readings.length === 1) await ingest.readings.submit(readings[0]!)
  else await Promise.all(readings.map(reading => ingest.readings.submit(reading)))
}

/** How long a session may have been heard of before it is noted again, in milliseconds. */
const HEARD_EVERY = 10 * 60_000

/** A session that is measured goes on, whoever took it for over. */
async function noteHeard(
  db: Knex,
  session: NonNullable<SampleContext['session']>,
  { timestamp }: Measurement,
  receivedAt: Date,
): Promise<void> {
  const { endedAt, isPresumed, heardAt, transactionKey } = session
  if (endedAt === null ? receivedAt.getTime() - heardAt.getTime() < HEARD_EVERY : !isPresumed) return
  if (await hear(db, transactionKey, liveTime(timestamp, receivedAt).time)) session.endedAt = null
}

const isConnector = (connector: number): boolean =>
  Number.isInteger(connector) && connector >= 1 && connector <= HIGHEST_CONNECTOR
