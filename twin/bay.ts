import type { Body } from './api.ts'
import type { Clock } from './clock.ts'
import type { Connector, Order } from './connector.ts'
import type { Fault } from './faults.ts'
import type { Link } from './link.ts'
import type { Parts } from './parts.ts'
import type { Random } from './random.ts'
import type { Report } from './report.ts'
import { drawVehicle } from './vehicle.ts'

/** How a command ended. */
export interface Outcome {
  status: 'completed' | 'failed'
  message?: string
  details?: Record<string, unknown>
}

export interface BaySetup {
  connector: Connector
  clock: Clock
  link: Link
  report: Report
  parts: Parts
  random: Random
  /** Vehicles per hour while the connector is free. */
  arrivalsPerHour: number
  /** Probability that a vehicle comes within the first half minute. */
  occupied: number
  /** Simulated milliseconds between two samples, as things are. */
  sampleEvery: () => number
  /** Begins when the run is over: vehicles leave and nothing new begins. */
  closing: AbortSignal
}

/** Somebody's wish for a session. */
interface Wish {
  order: Order
  reason: string
  settle?: (outcome: Outcome) => void
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Samples in waiting beyond which a fast run leaves some out: the machine cannot keep up. */
const BEHIND = 40
const RUN_OVER: Outcome = { status: 'failed', message: 'the charger was switched off' }

/** The life of one connector: vehicles come, charge or give back, and leave; commands and faults interfere. */
export class Bay {
  readonly connector: Connector
  readonly #setup: BaySetup
  #bell = new AbortController()
  #wish: Wish | undefined
  #stop: string | undefined

  constructor(setup: BaySetup) {
    this.#setup = setup
    this.connector = setup.connector
  }

  /** Lives until the run is over and the last session is accounted for. */
  async live(): Promise<void> {
    const { clock, random, closing, arrivalsPerHour, occupied } = this.#setup
    closing.addEventListener('abort', () => this.#ring(), { once: true })
    this.tellHealth()
    let arrival =
      clock.now() +
      (random.chance(occupied) ? random.between(1, 30) * SECOND : random.untilNext(arrivalsPerHour) * HOUR)
    while (!closing.aborted) {
      if (!this.connector.inService) await this.#wait(Number.POSITIVE_INFINITY)
      else if (this.#wish !== undefined || clock.now() >= arrival) {
        await this.#visit()
        arrival = clock.now() + random.untilNext(arrivalsPerHour) * HOUR
      } else await this.#wait(arrival)
    }
    this.#wish?.settle?.(RUN_OVER)
  }

  /** Begins a session or gives the running one another order. Where no vehicle is, the driver who asked brings one. */
  order(order: Order): Promise<Outcome> {
    const { clock } = this.#setup
    if (this.connector.active) {
      this.connector.redirect(order, clock.now())
      this.#ring()
      return Promise.resolve({ status: 'completed' })
    }
    this.#wish?.settle?.({ status: 'failed', message: 'another command came before it began' })
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.#wish = { order, reason: 'remote_start', settle: resolve }
    this.#ring()
    return promise
  }

  /** Ends the running session. */
  stop(reason: string): void {
    this.#stop = reason
    this.#ring()
  }

  /** Lets the connector look at its surroundings again: a limit or its neighbour changed. */
  refresh(): void {
    if (this.connector.active) this.#ring()
  }

  fail(fault: Fault): void {
    const { clock, random } = this.#setup
    this.connector.advance(clock.now())
    this.#event('fault', {
      fault_code: fault.code,
      fault_message: fault.message,
      details: { cabinet_temperature: Math.round(random.between(20, 90)) },
    })
    this.connector.fault = fault.code
    this.#wish?.settle?.({ status: 'failed', message: fault.message, details: { fault_code: fault.code } })
    this.#wish = undefined
    if (!this.connector.active) this.#tell()
    this.#ring()
  }

  /** A warning that disturbs nothing. */
  warn(fault: Fault): void {
    this.#event('alarm', { fault_code: fault.code, fault_message: fault.message })
  }

  recover(): void {
    this.connector.fault = undefined
    this.#event('fault', { fault_code: 0, fault_message: 'cleared' })
    this.#tell()
    this.#ring()
  }

  /** Takes the connector out of service for a self-test, or gives it back. */
  setTesting(testing: boolean): void {
    this.connector.testing = testing
    this.#tell()
    this.#ring()
  }

  /** Says how the charger's parts are, with a sample. */
  tellHealth(): void {
    const { link, parts, clock } = this.#setup
    const component_health = parts.health(clock.now(), this.connector.active)
    link.sendSample({ ...this.connector.sample(clock.now()), component_health })
  }

  /** One vehicle from its arrival to its departure. */
  async #visit(): Promise<void> {
    const { connector } = this
    const { clock, random, closing } = this.#setup
    const { supply, givesBack } = connector.setup
    const summoned = this.#wish?.order
    const vehicle = drawVehicle(random, supply, givesBack && (summoned !== undefined || random.chance(0.7)))
    if (summoned?.mode === 'charge') vehicle.soc = Math.max(0, Math.min(vehicle.soc, summoned.targetSoc - 10))
    connector.vehicle = vehicle
    this.#event('plug_in', { vehicle_connected: true })
    this.#tell()
    // The plug is locked, the vehicle is asked, the driver pays.
    await this.#wait(clock.now() + random.between(3, 12) * SECOND)
    if (this.#wish === undefined && connector.inService)
      this.#wish = { order: this.#habit(), reason: 'plug_and_charge' }
    let leaves = clock.now() + (supply === 'AC' ? random.between(1, 6) * HOUR : random.between(20, 70) * MINUTE)
    while (!closing.aborted && clock.now() < leaves) {
      if (this.#wish === undefined) await this.#wait(leaves)
      else {
        const wish = this.#wish
        this.#wish = undefined
        await this.#session(wish, leaves)
        leaves = Math.min(leaves, clock.now() + random.untilNext(supply === 'AC' ? 1 / 20 : 1 / 4) * MINUTE)
      }
    }
    connector.vehicle = undefined
    this.#event('plug_out', { vehicle_connected: false })
  }

  /** What a driver wants who just plugs in: some lend their battery to the grid for a while first. */
  #habit(): Order {
    const { random, connector } = this.#setup
    const { vehicle } = connector
    const charge = { power: Number.POSITIVE_INFINITY, targetSoc: vehicle!.wantedSoc }
    if (vehicle!.dischargePower === 0 || vehicle!.soc < 40 || random.chance(0.5)) return { mode: 'charge', ...charge }
    return {
      mode: 'discharge',
      power: charge.power,
      minSoc: 30,
      seconds: Math.round(random.between(600, 1800)),
      thenCharge: charge,
    }
  }

  async #session({ order, reason, settle }: Wish, leaves: number): Promise<void> {
    const { connector } = this
    const { clock, link, report, parts, closing, sampleEvery } = this.#setup
    this.#stop = undefined
    connector.begin(order, clock.now())
    parts.close(order.mode)
    this.#event('start', { reason })
    report.sessions++
    settle?.({ status: 'completed' })
    if (connector.active) this.#tell()
    while (connector.active) {
      await this.#wait(Math.min(clock.now() + sampleEvery(), leaves))
      const now = clock.now()
      connector.advance(now)
      const end = this.#reasonToEnd(now >= leaves)
      if (end !== undefined) connector.finish(end, now)
      if (connector.active && (clock.speed === 1 || link.samplesWaiting < BEHIND || closing.aborted)) this.#tell()
    }
    const over = connector.session!.over!
    this.tellHealth()
    this.#event('stop', { reason: over.reason }, over.at)
    const record = connector.settleAccount()
    report.energy += record.energy
    report.dischargeEnergy += record.discharge_energy ?? 0
    link.sendRecord(record)
  }

  #reasonToEnd(driverLeft: boolean): string | undefined {
    if (this.connector.fault !== undefined) return `fault_${this.connector.fault}`
    if (this.#stop !== undefined) return this.#stop
    if (driverLeft) return 'driver_left'
    return this.#setup.closing.aborted ? 'charger_switched_off' : undefined
  }

  #tell(): void {
    this.#setup.link.sendSample(this.connector.sample(this.#setup.clock.now()))
  }

  #event(
    type: Body<'reportDeviceEvent'>['event_type'],
    data: Body<'reportDeviceEvent'>['data'],
    at = this.#setup.clock.now(),
  ): void {
    this.#setup.link.sendEvent({
      timestamp: new Date(at).toISOString(),
      event_type: type,
      connector_id: this.connector.id,
      data,
    })
  }

  /** Waits until a simulated instant, or until somebody rings. */
  async #wait(instant: number): Promise<void> {
    if (!this.#setup.closing.aborted) await this.#setup.clock.until(instant, this.#bell.signal)
  }

  #ring(): void {
    this.#bell.abort()
    this.#bell = new AbortController()
  }
}
