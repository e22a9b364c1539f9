import type { Reading } from '../store/readings.ts'
import type { SampleContext } from '../store/stationSamples.ts'
import { stateOfChargingState } from './connectorState.ts'
import { liveTime } from './liveTime.ts'
import type { Measurement } from './meterValues.ts'

/** A meter that shows less is at rest, in kW. */
const AT_REST = 0.1
/** For how long what a station does not repeat still counts, in milliseconds. */
const REMEMBERED = 15 * 60_000

type Session = NonNullable<SampleContext['session']>

/** What is known of a connector at an instant. */
interface Known {
  time: Date
  voltage: number | null
  current: number | null
  power: number
  energy: number
  soc: number | null
}

/**
 * Measurements as the samples to store, oldest first. Stations tell quantities one by one and leave out what they cannot
 * measure: what is missing is as it was a moment ago in the same session. What was never told is not known, but for power and
 * energy, which a sample has to have: nothing has flowed as far as anybody knows. Energy counts from the meter's value at the
 * session's beginning.
 */
export function toReadings(
  measurements: Measurement[],
  connectorId: number,
  { tenantId, deviceId, session, connector }: SampleContext & { deviceId: string },
  receivedAt: Date,
): Reading[] {
  let before = lastOf(connector)
  return measurements.map(measurement => {
    const { time, live } = liveTime(measurement.timestamp, receivedAt)
    const running = runningAt(session, time)
    const known = merge(measurement, time, running, isOfNow(before, time, running) ? before : undefined)
    before = known
    return {
      tenantId,
      deviceId,
      connectorId,
      time,
      state: stateAt(known, measurement.power !== undefined, running, connector?.state),
      voltage: known.voltage,
      current: known.current,
      power: known.power,
      energyDelivered: known.energy,
      soc: known.soc,
      temperature: measurement.temperature ?? null,
      faultCode: null,
      phaseDetails: measurement.phases === undefined ? null : JSON.stringify(measurement.phases),
      componentHealth: null,
      live,
    }
  })
}

function lastOf(connector: SampleContext['connector']): Known | undefined {
  if (connector === null || connector.measuredAt === null) return undefined
  const { measuredAt, voltage, current, power, energy, soc } = connector
  return {
    time: measuredAt,
    voltage,
    current,
    power: power ?? 0,
    energy: energy ?? 0,
    soc,
  }
}

const runningAt = (session: Session | null, time: Date): Session | undefined =>
  session !== null && time >= session.startedAt && (session.endedAt === null || time <= session.endedAt)
    ? session
    : undefined

const isOfNow = (before: Known | undefined, time: Date, session: Session | undefined): boolean =>
  before !== undefined &&
  session !== undefined &&
  before.time <= time &&
  before.time >= session.startedAt &&
  time.getTime() - before.time.getTime() <= REMEMBERED

function merge(measured: Measurement, time: Date, session: Session | undefined, before: Known | undefined): Known {
  const start = session?.meterStartWh ?? measured.importWh
  const energy =
    session === undefined || measured.importWh === undefined || start === undefined
      ? before?.energy
      : Math.max(0, measured.importWh - start) / 1000
  return {
    time,
    voltage: measured.voltage ?? before?.voltage ?? null,
    current: measured.current ?? before?.current ?? null,
    power: measured.power ?? before?.power ?? 0,
    energy: energy ?? 0,
    soc: measured.soc ?? before?.soc ?? null,
  }
}

/** A sample in a session keeps its connector charging while nothing flows; one outside of it changes nothing by itself. */
function stateAt(known: Known, isTold: boolean, session: Session | undefined, shown = 'idle'): string {
  const flows = isTold && Math.abs(known.power) > AT_REST
  const isOff = shown === 'fault' || shown === 'unavailable'
  if (flows || (session !== undefined && !isOff && isUnderway(session)))
    return known.power < 0 ? 'discharging' : 'charging'
  return isOff ? shown : 'idle'
}

/** A transaction of OCPP 2.x may begin long before it charges. */
const isUnderway = ({ chargingState }: Session): boolean =>
  chargingState === null || stateOfChargingState(chargingState) === 'charging'
