import { Api } from './api.ts'
import { Charger } from './charger.ts'
import { Clock } from './clock.ts'
import { Enrollment } from './enrollment.ts'
import { Link } from './link.ts'
import { modelOf } from './models.ts'
import { type Output, progressOf, showProgress } from './progress.ts'
import { Report, type Summary } from './report.ts'
import { patiently } from './retry.ts'
import { State } from './state.ts'
import { Stops } from './stops.ts'

export interface TwinOptions {
  /** Where the server is; what comes after the host is put before every path. */
  url: string
  chargers: number
  sites?: number
  /** For a server that does not let chargers register themselves. */
  operatorToken?: string
  /** File that keeps credentials and meters between runs; without one every run is a new fleet. */
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
  /** Share of the connectors that a vehicle comes to within the first half minute, 0 to 1. */
  occupied?: number
  /** For a server whose limits are this many times the published ones. */
  limitScale?: number
  /** Ends the run in order: sessions end, everything is delivered. */
  signal?: AbortSignal
  /** Ends the run at once; records that were not acknowledged go to the state file. */
  abort?: AbortSignal
  /** Where progress is shown; nowhere without it. */
  output?: Output
}

const ENROLLING_AT_ONCE = 16
const CHARGERS_PER_SITE = 12
/** Attempts to reach the server at the start, about ten seconds. */
const FIRST_TRIES = 5
const WATCH_EVERY = 1000
/** Seconds of the wall clock within which the chargers of a large fleet are switched on. */
const LONGEST_SPREAD = 5

/**
 * Runs a fleet of simulated chargers against a server and returns what it did.
 *
 * @throws Error with one clear line when the server is not there or does not let the chargers in
 */
export async function runTwin(options: TwinOptions): Promise<Summary> {
  const { url, chargers: count, limitScale = 1, speed = 1, duration, output } = options
  const report = new Report()
  const state = await State.open(options.stateFile, url)
  const stops = new Stops(options)
  const { abort, closing } = stops
  const api = new Api(url, (...answer) => report.observe(...answer))
  try {
    await reach(api, url, abort)
    output?.write(`registering ${count} chargers at ${url}\n`)
    const enrollment = new Enrollment({ api, state, report, operatorToken: options.operatorToken, limitScale, abort })
    const links = await enroll(options, { api, report, enrollment, abort })
    stops.begin()
    const clock = new Clock(speed, duration)
    const chargers = links.map((link, index) => makeCharger(options, { link, index, state, clock, report, closing }))
    report.chargers = count
    if (duration !== undefined) void clock.until(clock.end, closing).then(() => stops.close())
    const hideProgress = output && showProgress(output, () => progressOf(chargers, report))
    const waiting = () => chargers.reduce((sum, { setup }) => sum + setup.link.waiting, 0)
    const watch = setInterval(() => stops.watch(waiting()), WATCH_EVERY)
    await Promise.all(chargers.map(charger => charger.run()))
    clearInterval(watch)
    hideProgress?.()
    await state.save()
    return report.summarize()
  } finally {
    stops.end()
    api.close()
  }
}

async function reach(api: Api, url: string, signal: AbortSignal): Promise<void> {
  const answer = await patiently(() => api.send('getHealth', { signal }), { tries: FIRST_TRIES, signal })
  if (signal.aborted) throw new Error('stopped before the start')
  if (answer.status === 0)
    throw new Error(
      `no server answers at ${url} (${answer.body}); start it with npm start, or name another one with --url`,
    )
  if (answer.status !== 200)
    throw new Error(`${url} does not look like a tellus server: its health is ${answer.status}`)
}

interface Enrolling {
  api: Api
  report: Report
  enrollment: Enrollment
  abort: AbortSignal
}

/** Registers the chargers, gets their tokens and puts them on their sites. */
async function enroll(options: TwinOptions, { api, report, enrollment, abort }: Enrolling): Promise<Link[]> {
  const { chargers: count, limitScale = 1, sites = Math.ceil(count / CHARGERS_PER_SITE) } = options
  const siteOf = (index: number) => Math.floor((index * sites) / count)
  const links: Link[] = []
  let next = 0
  const enter = async () => {
    for (let index = next++; index < count; index = next++) {
      const credentials = await enrollment.enter(index)
      const link = new Link({ api, report, credentials, renew: () => enrollment.renew(index), limitScale, abort })
      await link.open()
      links[index] = link
    }
  }
  await Promise.all(Array.from({ length: ENROLLING_AT_ONCE }, enter))
  if (abort.aborted) throw new Error('stopped before all chargers were registered')
  for (let site = 0; site < sites; site++) {
    const members = links.flatMap(({ deviceId }, index) => (siteOf(index) === site ? [{ index, deviceId }] : []))
    await enrollment.enterSite(site, members)
  }
  return links
}

interface Parts {
  link: Link
  index: number
  state: State
  clock: Clock
  report: Report
  closing: AbortSignal
}

function makeCharger(options: TwinOptions, { link, index, state, ...parts }: Parts): Charger {
  const {
    sessionsPerHour = 1,
    faultRate = 0.02,
    reconnectRate = 0.05,
    occupied = 0.4,
    limitScale = 1,
    seed = '1',
  } = options
  return new Charger({
    ...parts,
    link,
    model: modelOf(index),
    state: state.fleet.chargers[index]!,
    habits: { sessionsPerHour, faultRate, reconnectRate, occupied },
    seed: `${seed}/${index}`,
    limitScale,
    spread: Math.min(LONGEST_SPREAD, options.chargers / 100),
  })
}
