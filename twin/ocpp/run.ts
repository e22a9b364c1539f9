import { Clock } from '../clock.ts'
import { modelOf } from '../models.ts'
import { type Output, showProgress } from '../progress.ts'
import { Random } from '../random.ts'
import { State } from '../state.ts'
import { Stops } from '../stops.ts'
import { OcppReport, type OcppSummary } from './report.ts'
import type { Protocol } from './schemas.ts'
import { newStation, type StationState } from './state.ts'
import { Station } from './station.ts'

export interface OcppOptions {
  /** Where the server is, as for HTTP; `/ocpp/<identity>` is put behind it. */
  url: string
  protocol: Protocol
  chargers: number
  /** What stations that the server does not know enroll with. */
  password: string
  /** Identities in place of made-up ones, one per charger. */
  identities?: readonly string[]
  /** Settings that are not the factory's, by key of 1.6. */
  settings?: Record<string, string>
  /** File that keeps meters, settings and unsent messages between runs; without one every run is a new fleet. */
  stateFile?: string
  /** Seconds of the wall clock; without it until `signal`. */
  duration?: number
  /** Simulated seconds per second; other than 1 only with a duration. */
  speed?: number
  seed?: string
  /** Vehicles per charger and hour. */
  sessionsPerHour?: number
  /** Per charger and hour. */
  faultRate?: number
  /** Per charger and hour. */
  reconnectRate?: number
  /** Share of the connectors that a vehicle comes to at the beginning, 0 to 1. */
  occupied?: number
  /** Simulated seconds within which those vehicles come. */
  occupiedWithin?: number
  /** Ends the run in order: sessions end, everything is delivered. */
  signal?: AbortSignal
  /** Ends the run at once; what was not acknowledged goes to the state file. */
  abort?: AbortSignal
  /** Where progress is shown; nowhere without it. */
  output?: Output
}

const WATCH_EVERY = 1000
/** Seconds of the wall clock within which the stations of a large fleet are switched on. */
const LONGEST_SPREAD = 5

/** Runs a fleet of simulated OCPP stations against a central system and returns what it did. */
export async function runOcppTwin(options: OcppOptions): Promise<OcppSummary> {
  const { url, protocol, chargers: count, speed = 1, duration, output } = options
  const report = new OcppReport(protocol)
  const state = await State.open<StationState>(options.stateFile, url, protocol)
  const stops = new Stops(options)
  try {
    const clock = new Clock(speed, duration)
    stops.begin()
    const stations = Array.from({ length: count }, (_, index) =>
      makeStation(options, { index, state, clock, report, closing: stops.closing, abort: stops.abort }),
    )
    report.chargers = count
    if (duration !== undefined) void clock.until(clock.end, stops.closing).then(() => stops.close())
    const hideProgress = output && showProgress(output, () => progressOf(stations, report))
    const waiting = () => stations.reduce((sum, { outbox }) => sum + outbox.waiting, 0)
    const watch = setInterval(() => stops.watch(waiting()), WATCH_EVERY)
    await Promise.all(stations.map(station => station.run()))
    clearInterval(watch)
    hideProgress?.()
    await state.save()
    return report.summarize()
  } finally {
    stops.end()
  }
}

interface Parts {
  index: number
  state: State<StationState>
  clock: Clock
  report: OcppReport
  closing: AbortSignal
  abort: AbortSignal
}

function makeStation(options: OcppOptions, { index, state, ...parts }: Parts): Station {
  const {
    url,
    protocol,
    sessionsPerHour = 1,
    faultRate = 0.02,
    reconnectRate = 0.05,
    occupied = 0.4,
    occupiedWithin = 30,
    seed = '1',
  } = options
  const model = modelOf(index)
  const identity = options.identities?.[index] ?? `TWIN-${state.fleet.name}-${String(index + 1).padStart(4, '0')}`
  const random = new Random(`${identity}/meter`)
  const meters = Array.from({ length: model.connectors }, () => Math.round(random.between(500, 40_000)))
  state.fleet.chargers[index] ??= newStation(identity, options.password, model.firmware, meters)
  Object.assign(state.fleet.chargers[index].settings, options.settings)
  return new Station({
    ...parts,
    url,
    protocol,
    model,
    state: state.fleet.chargers[index],
    save: () => state.save(),
    habits: { sessionsPerHour, faultRate, reconnectRate, occupied, occupiedWithin },
    seed: `${seed}/${index}`,
    spread: Math.min(LONGEST_SPREAD, options.chargers / 100),
  })
}

function progressOf(stations: readonly Station[], report: OcppReport): string {
  const { callsPerSecond, p50, p99 } = report.takeRecent()
  const waiting = stations.reduce((sum, { outbox }) => sum + outbox.waiting, 0)
  return [
    `${stations.filter(({ online }) => online).length}/${stations.length} online`,
    `${stations.reduce((sum, { running }) => sum + running.length, 0)} charging`,
    `${stations.reduce((sum, { power }) => sum + power, 0).toFixed(0)} kW`,
    `${callsPerSecond.toFixed(1)} calls/s`,
    `p50 ${p50} ms p99 ${p99} ms`,
    `${report.errorCount} errors`,
    ...(waiting > stations.length ? [`${waiting} to send`] : []),
  ].join(' | ')
}
