import { Bay } from './bay.ts'
import type { Clock } from './clock.ts'
import { Commands } from './commands.ts'
import { Connector } from './connector.ts'
import { FAULTS } from './faults.ts'
import { Journal } from './journal.ts'
import type { Link } from './link.ts'
import type { ChargerModel } from './models.ts'
import { Parts } from './parts.ts'
import { Random } from './random.ts'
import type { Report } from './report.ts'
import type { ChargerState } from './state.ts'

/** How often things happen to a charger; rates per charger and hour of simulated time. */
export interface Habits {
  sessionsPerHour: number
  faultRate: number
  reconnectRate: number
  /** Share of the connectors that a vehicle comes to within the first half minute. */
  occupied: number
}

export interface ChargerSetup {
  model: ChargerModel
  state: ChargerState
  link: Link
  clock: Clock
  report: Report
  habits: Habits
  seed: string
  /** The server's limits are this many times the published ones. */
  limitScale: number
  /** The charger is switched on within so many seconds of the wall clock, so that a fleet does not act in step. */
  spread: number
  /** Begins when the run is over. */
  closing: AbortSignal
}

const SECOND = 1000

/** What the contract asks for, in simulated milliseconds. */
const SAMPLE_EVERY = 5 * SECOND
const HEARTBEAT_EVERY = 30 * SECOND
/** Samples per second of the wall clock that fit under a device's limit beside its heartbeats. */
const SAMPLES_PER_SECOND = 7.5
/** Without a heartbeat for so long the platform takes a charger for offline, in milliseconds. */
const GRACE = 90_000

/** One simulated charger: heartbeats, long-polls, faults and outages around the life of its connectors. */
export class Charger {
  readonly setup: ChargerSetup
  readonly bays: readonly Bay[]
  readonly model: ChargerModel
  readonly parts: Parts
  readonly journal = new Journal()
  readonly #commands = new Commands(this)
  readonly #random: Random
  #limit = { power: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY }
  #poll = new AbortController()
  #heardAt = Number.NEGATIVE_INFINITY

  constructor(setup: ChargerSetup) {
    this.setup = setup
    this.model = setup.model
    setup.state.parts ??= { contactor: 0, dischargeContactor: 0 }
    this.parts = new Parts(setup.state.parts, setup.model.supply, setup.model.dischargePower > 0)
    this.#random = new Random(`${setup.seed}/charger`)
    this.bays = Array.from({ length: setup.model.connectors }, (_, index) => this.#makeBay(index))
  }

  get activeBays(): number {
    return this.bays.filter(({ connector }) => connector.active).length
  }

  /** kW now, negative when vehicles give more than others take. */
  get power(): number {
    return this.bays.reduce((sum, { connector }) => sum + connector.power, 0)
  }

  /** Whether the platform can see it: connected, and heard in the last 90 seconds. */
  get online(): boolean {
    return this.setup.link.connected && performance.now() - this.#heardAt < GRACE
  }

  /** Lives until the run is over and the server has acknowledged everything, or sending is aborted. */
  async run(): Promise<void> {
    const { link, clock, closing, state, report, spread } = this.setup
    for (const record of state.records) link.sendRecord(record)
    closing.addEventListener('abort', () => this.#poll.abort(), { once: true })
    await this.wait(this.#random.between(0, spread) * clock.speed)
    this.write('switched on')
    await Promise.all([this.#beat(), this.#listen(), this.#break(), this.#roam(), ...this.bays.map(bay => bay.live())])
    await this.#commands.settled()
    await link.drain()
    await link.sendHeartbeat({ timestamp: this.#timestamp(), status: 'offline' })
    state.records = link.unsentRecords()
    state.meters = this.bays.map(({ connector }) => connector.meter)
    report.recordsKept += state.records.length
  }

  /** Holds the whole charger down to a ceiling in kW until a simulated instant. */
  limit(power: number, until: number): void {
    this.#limit = { power, until }
  }

  /** Writes a line into the charger's own log. */
  write(text: string): void {
    this.journal.write(this.setup.clock.now(), text)
  }

  /** Loses the connection for so many simulated seconds. Sessions go on; what was measured is told afterwards. */
  async disconnect(seconds: number): Promise<void> {
    const { link, closing } = this.setup
    this.write('disconnected')
    link.disconnect()
    this.#poll.abort()
    await this.wait(seconds)
    link.reconnect()
    this.write('connected')
    if (!closing.aborted) this.#poll = new AbortController()
  }

  /** Waits so many simulated seconds; false when the run is over. */
  wait(seconds: number): Promise<boolean> {
    const { clock, closing } = this.setup
    return clock.until(clock.now() + seconds * SECOND, closing)
  }

  /** The heartbeat, which also brings commands. */
  async #beat(): Promise<void> {
    const { link, clock, closing } = this.setup
    // At a high speed they would use up what the limit leaves for samples; one in a second of the wall clock is enough.
    const every = Math.max(HEARTBEAT_EVERY, clock.speed * SECOND)
    await this.#sendHeartbeat()
    let due = clock.now() + this.#random.between(0, every)
    while (await clock.until(due, closing)) {
      if (link.connected) await this.#sendHeartbeat()
      // Those that an outage swallowed are not made up for.
      due = Math.max(due + every, clock.now())
    }
  }

  async #sendHeartbeat(): Promise<void> {
    const fault = this.bays.find(({ connector }) => connector.fault !== undefined)?.connector.fault
    const condition =
      fault === undefined ? ({ status: 'online' } as const) : ({ status: 'fault', fault_code: fault } as const)
    const commands = await this.setup.link.sendHeartbeat({ timestamp: this.#timestamp(), ...condition })
    if (commands === undefined) return
    this.#heardAt = performance.now()
    for (const command of commands) this.#commands.obey(command)
  }

  /** The long-poll, which brings commands at once. */
  async #listen(): Promise<void> {
    const { link, closing } = this.setup
    while (!closing.aborted) {
      const command = link.connected ? await link.fetchCommand(this.#poll.signal) : undefined
      if (command !== undefined) this.#commands.obey(command)
      if (!link.connected) await this.wait(1)
    }
  }

  /** Faults and warnings, one at a time. */
  async #break(): Promise<void> {
    const { report, habits } = this.setup
    while (await this.wait(this.#random.untilNext(habits.faultRate) * 3600)) {
      const fault = this.#random.pick(FAULTS)
      const bay = this.bays.find(({ connector }) => connector.active) ?? this.#random.pick(this.bays)
      report.faults++
      this.write(`${fault.severity} ${fault.code} ${fault.message}`)
      if (fault.severity === 'warning') bay.warn(fault)
      else {
        bay.fail(fault)
        await this.wait(this.#random.between(60, 600))
        bay.recover()
      }
    }
  }

  /** Losses of the connection. */
  async #roam(): Promise<void> {
    const { report, habits } = this.setup
    while (await this.wait(this.#random.untilNext(habits.reconnectRate) * 3600)) {
      await this.disconnect(this.#random.between(20, 180))
      report.reconnects++
    }
  }

  #makeBay(index: number): Bay {
    const { state, clock, link, report, habits, seed, closing, model } = this.setup
    const name = `${seed}/${index + 1}`
    const connector = new Connector({
      id: index + 1,
      supply: model.supply,
      rating: model.power,
      givesBack: model.dischargePower > 0,
      share: () => this.#share(),
      meter: state.meters[index] ?? 0,
      random: new Random(`${name}/power`),
    })
    return new Bay({
      connector,
      clock,
      link,
      report,
      parts: this.parts,
      random: new Random(`${name}/visits`),
      arrivalsPerHour: habits.sessionsPerHour / model.connectors,
      occupied: habits.occupied,
      sampleEvery: () => this.#sampleEvery(),
      closing,
    })
  }

  /** What each active connector may have now: they share the charger evenly. */
  #share(): { charge: number; discharge: number } {
    const { clock, model } = this.setup
    const limit = clock.now() < this.#limit.until ? this.#limit.power : Number.POSITIVE_INFINITY
    const active = Math.max(1, this.activeBays)
    return { charge: Math.min(model.power, limit) / active, discharge: Math.min(model.dischargePower, limit) / active }
  }

  /** Five seconds, or as much more as a fast clock needs to stay under the device's limit. */
  #sampleEvery(): number {
    const { clock, limitScale } = this.setup
    const needed = (clock.speed * SECOND * this.activeBays) / (SAMPLES_PER_SECOND * limitScale)
    return SAMPLE_EVERY * Math.max(1, Math.ceil(needed / SAMPLE_EVERY))
  }

  #timestamp(): string {
    return new Date(this.setup.clock.now()).toISOString()
  }
}
