import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeOcpp } from './ocpp/report.ts'
import { runOcppTwin } from './ocpp/run.ts'
import type { Protocol } from './ocpp/schemas.ts'
import { describe } from './report.ts'
import { runTwin, type TwinOptions } from './run.ts'

const HELP = `Runs simulated chargers against a server, over HTTP as tellus has it, or over WebSockets as OCPP has it.

  npm run twin -- --chargers 50
  npm run twin -- --ocpp 1.6 --chargers 50
  npm run twin -- --chargers 50 --speed 60 --duration 60     an hour of the past in a minute, ending now

  --url URL               the server (http://127.0.0.1:8080)
  --chargers N            how many (10): 180 kW DC, 180 kW DC with V2G, and 22 kW AC in turn
  --sites N               how many sites they stand on (one per 12 chargers)
  --ocpp VERSION          chargers that speak OCPP 1.6 or 2.0.1 instead of tellus
  --password TEXT         the password that OCPP stations enroll with (ocpp.password of --credentials)
  --credentials FILE      what a server with an embedded database wrote (.data/credentials.json)
  --operator-token TOKEN  registers them for this operator's tenant; needed where enrollment is closed
  --state FILE            keeps their credentials from run to run (.data/twin.json); one run at a time per file
  --duration S            seconds to run (until Ctrl-C)
  --speed N               simulated seconds per second (1); more needs --duration, starts in the past and ends now
  --seed TEXT             another text, other vehicles and faults (1)
  --sessions-per-hour N   vehicles per charger and hour (1)
  --occupied N            share of the connectors that a vehicle comes to at once, 0 to 1 (0.4)
  --fault-rate N          faults per charger and hour (0.02)
  --reconnect-rate N      lost connections per charger and hour (0.05)
  --limit-scale N         for a server with RATE_LIMIT_SCALE=N: send that much faster before pacing (1)
  --json                  the summary as JSON
  --help                  this text

Ctrl-C ends the sessions, delivers what waits and prints the summary; a second one stops at once, and charging
records that were not acknowledged are sent in the next run. The exit code is 1 when the server refused something
that a real charger would count on, or when something was not acknowledged, and 2 when the arguments are wrong.
`

const TEXT = { type: 'string' } as const

interface Arguments {
  options: TwinOptions
  /** For chargers that speak OCPP. */
  ocpp: { protocol: Protocol; password: string } | undefined
  json: boolean
}

function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      url: { ...TEXT, default: 'http://127.0.0.1:8080' },
      chargers: { ...TEXT, default: '10' },
      ocpp: TEXT,
      password: TEXT,
      credentials: { ...TEXT, default: '.data/credentials.json' },
      sites: TEXT,
      'operator-token': TEXT,
      state: { ...TEXT, default: '.data/twin.json' },
      duration: TEXT,
      speed: TEXT,
      seed: TEXT,
      'sessions-per-hour': TEXT,
      occupied: TEXT,
      'fault-rate': TEXT,
      'reconnect-rate': TEXT,
      'limit-scale': TEXT,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  if (!URL.canParse(values.url) || !/^https?:/.test(values.url))
    throw new RangeError(`--url must be an http address, not "${values.url}"`)
  const given = (name: keyof typeof values, option: keyof TwinOptions, low: number, high: number, whole = false) => {
    const text = values[name]
    if (text === undefined) return {}
    const value = Number(text)
    if (text === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
      throw new RangeError(`--${name} must be a ${whole ? 'whole ' : ''}number from ${low} to ${high}, not "${text}"`)
    }
    return { [option]: value }
  }
  const options: TwinOptions = {
    url: values.url,
    chargers: 0,
    ...given('chargers', 'chargers', 1, 10_000, true),
    ...given('sites', 'sites', 1, 10_000, true),
    ...given('duration', 'duration', 1, 31_536_000),
    ...given('speed', 'speed', 1, 10_000),
    ...given('sessions-per-hour', 'sessionsPerHour', 0, 1000),
    ...given('occupied', 'occupied', 0, 1),
    ...given('fault-rate', 'faultRate', 0, 1000),
    ...given('reconnect-rate', 'reconnectRate', 0, 1000),
    ...given('limit-scale', 'limitScale', 0.01, 1_000_000),
    stateFile: values.state,
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values['operator-token'] === undefined ? {} : { operatorToken: values['operator-token'] }),
  }
  if ((options.speed ?? 1) !== 1 && options.duration === undefined)
    throw new RangeError('--speed needs --duration: the run begins so far back that it ends now')
  const { ocpp, password, credentials, json } = values
  if (ocpp !== undefined && ocpp !== '1.6' && ocpp !== '2.0.1')
    throw new RangeError(`--ocpp must be 1.6 or 2.0.1, not "${ocpp}"`)
  return {
    options,
    ocpp: ocpp && { protocol: `ocpp${ocpp}` as const, password: password ?? enrollmentPassword(credentials) },
    json,
  }
}

/** @throws RangeError when the file has none */
function enrollmentPassword(file: string): string {
  try {
    const { password } = JSON.parse(readFileSync(file, 'utf8')).ocpp
    if (typeof password === 'string') return password
  } catch (error) {
    throw new RangeError(`${file} cannot be used (${(error as Error).message}); give --password or --credentials`)
  }
  throw new RangeError(`${file} has no password for OCPP stations; give --password`)
}

/** Runs the fleet that was asked for. */
async function run(
  { options, ocpp, json }: Arguments,
  ends: Pick<TwinOptions, 'signal' | 'abort' | 'output'>,
): Promise<{ ok: boolean; text: string }> {
  if (ocpp === undefined) {
    const summary = await runTwin({ ...options, ...ends })
    return { ok: summary.ok, text: json ? JSON.stringify(summary, null, 2) : describe(summary) }
  }
  const summary = await runOcppTwin({ ...options, ...ends, ...ocpp })
  return { ok: summary.ok, text: json ? JSON.stringify(summary, null, 2) : describeOcpp(summary) }
}

async function main(): Promise<number> {
  let read: ReturnType<typeof readArguments>
  try {
    read = readArguments()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run twin -- --help tells what there is\n`)
    return 2
  }
  if (read === undefined) {
    process.stdout.write(HELP)
    return 0
  }
  const signal = new AbortController()
  const abort = new AbortController()
  const stop = () => (signal.signal.aborted ? abort : signal).abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    const { ok, text } = await run(read, { signal: signal.signal, abort: abort.signal, output: process.stderr })
    process.stdout.write(`${text}\n`)
    return ok ? 0 : 1
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return 1
  }
}

process.exitCode = await main()
