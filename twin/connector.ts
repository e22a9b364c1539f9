import { randomUUID } from 'node:crypto'
import type { Body } from './api.ts'
import type { Random } from './random.ts'
import { type LocalSchedule, scheduledLimit } from './schedule.ts'
import { acceptedPower, type Supply, socPerHour, type Vehicle } from './vehicle.ts'

export type Sample = Body<'uploadTelemetry'>
export type ChargingRecord = Body<'uploadChargingRecord'>

/** What a session is to do, as the driver or a command asks for it. Powers in kW, counted positive. */
export type Order =
  | { mode: 'charge'; power: number; targetSoc: number }
  | {
      mode: 'discharge'
      power: number
      minSoc: number
      seconds: number
      thenCharge?: { power: number; targetSoc: number }
    }

interface Session {
  recordId: string
  startedAt: number
  order: Order
  /** When a discharge is over, in simulated milliseconds. */
  dischargeUntil: number
  socStart: number
  meterStart: number
  /** kWh into the vehicle */
  energy: number
  /** kWh out of the vehicle */
  dischargeEnergy: number
  /** kW, whichever way it flowed */
  maxPower: number
  over?: { reason: string; at: number }
}

/** What is fixed about a connector, and what it asks its charger. */
export interface ConnectorSetup {
  id: number
  supply: Supply
  /** kW */
  rating: number
  /** Whether energy can flow back. */
  givesBack: boolean
  /** What the charger has for this connector now in each direction, kW. */
  share: () => { charge: number; discharge: number }
  /** Reading of the energy meter, kWh. */
  meter: number
  random: Random
}

/** Power is set anew this often, and kept in between: the sum of power and time is then the energy. Milliseconds. */
const STEP = 5000
const HOUR = 3_600_000
const AMBIENT = 17
/** Price of a kWh into the vehicle and what one out of it earns, GBP. */
const TARIFF = { energy: 0.35, dischargeEnergy: 0.27 }

/**
 * The electrical side of one connector: who is plugged in, what flows, what was counted. It knows no network and no
 * clock; every method takes the instant in simulated milliseconds, and instants never go back.
 */
export class Connector {
  readonly id: number
  readonly setup: ConnectorSetup
  vehicle: Vehicle | undefined
  session: Session | undefined
  /** Code of the fault that keeps the connector out of service. */
  fault: string | undefined
  /** Whether the charger tests itself, which keeps the connector out of service too. */
  testing = false
  schedule: LocalSchedule | undefined
  /** kW now, negative out of the vehicle */
  power = 0
  /** kWh into vehicles since the charger was built */
  meter: number
  #limit: { power: number; until: number } | undefined
  #temperature = AMBIENT
  #at = 0
  #lastSample = 0

  constructor(setup: ConnectorSetup) {
    this.setup = setup
    this.id = setup.id
    this.meter = setup.meter
  }

  /** Whether a session runs, also one that is held at 0 kW. */
  get active(): boolean {
    return this.session !== undefined && this.session.over === undefined
  }

  get inService(): boolean {
    return this.fault === undefined && !this.testing
  }

  /** Begins a session with the vehicle that is plugged in. */
  begin(order: Order, now: number): void {
    this.advance(now)
    this.session = {
      recordId: randomUUID(),
      startedAt: now,
      order,
      dischargeUntil: 0,
      socStart: this.vehicle!.soc,
      meterStart: this.meter,
      energy: 0,
      dischargeEnergy: 0,
      maxPower: 0,
    }
    this.redirect(order, now)
  }

  /** Gives the running session another order. */
  redirect(order: Order, now: number): void {
    this.advance(now)
    const session = this.session!
    session.order = order
    session.dischargeUntil = order.mode === 'discharge' ? now + order.seconds * 1000 : 0
    this.#settle()
  }

  /** Ends the session, unless it ended by itself before. */
  finish(reason: string, now: number): void {
    this.advance(now)
    if (this.active) this.session!.over = { reason, at: now }
    this.#settle()
  }

  /** Holds the power down to a ceiling in kW, until an instant or until the next limit. */
  limit(power: number, until: number, now: number): void {
    this.advance(now)
    this.#limit = { power, until }
    this.#settle()
  }

  /** Lets time pass: energy flows, the battery fills or empties, and the session may end. */
  advance(now: number): void {
    this.#at ||= now
    while (this.#at < now) {
      const step = this.#flow(Math.min(STEP, now - this.#at))
      this.#at += step
      this.#settle()
    }
  }

  /** What the connector measures at an instant. No two samples carry the same time. */
  sample(now: number): Sample {
    this.advance(now)
    const at = Math.max(Math.floor(this.session?.over?.at ?? now), this.#lastSample + 1)
    this.#lastSample = at
    return {
      timestamp: new Date(at).toISOString(),
      connector_id: this.id,
      state: this.#state(),
      ...this.#electrical(),
      power: this.power,
      energy_delivered: round(this.session?.energy ?? 0, 3),
      soc: round(this.vehicle?.soc ?? 0, 1),
      temperature: round(this.#temperature, 1),
      ...(this.fault === undefined ? {} : { fault_code: this.fault }),
    }
  }

  /** The record of the session that is over. The connector is free for the next one then. */
  settleAccount(): ChargingRecord {
    const { session, vehicle } = this
    const { recordId, startedAt, over, socStart, meterStart, maxPower } = session!
    const energy = round(session!.energy, 3)
    const dischargeEnergy = round(session!.dischargeEnergy, 3)
    const hours = (over!.at - startedAt) / HOUR
    this.session = undefined
    return {
      record_id: recordId,
      connector_id: this.id,
      start_time: new Date(startedAt).toISOString(),
      end_time: new Date(over!.at).toISOString(),
      energy,
      ...(this.setup.givesBack ? { discharge_energy: dischargeEnergy } : {}),
      max_power: maxPower,
      avg_power: hours > 0 ? round((energy - dischargeEnergy) / hours, 2) : 0,
      meter_start: round(meterStart, 3),
      meter_end: round(round(meterStart, 3) + energy, 3),
      cost: round(energy * TARIFF.energy - dischargeEnergy * TARIFF.dischargeEnergy, 2),
      currency: 'GBP',
      stop_reason: over!.reason,
      vehicle_info: {
        // An AC charger does not talk to the vehicle and learns no number from it.
        ...(this.setup.supply === 'DC' ? { vin: vehicle!.vin } : {}),
        soc_start: round(socStart, 1),
        soc_end: round(vehicle!.soc, 1),
      },
    }
  }

  /** Moves energy for at most so many milliseconds and returns how many it took: the step ends where a bound is met. */
  #flow(milliseconds: number): number {
    const { session, vehicle, power } = this
    this.#warm(milliseconds)
    if (!this.active || vehicle === undefined) return milliseconds
    const { order } = session!
    const speed = socPerHour(vehicle, this.setup.supply, power) / HOUR
    const bound = order.mode === 'charge' ? Math.min(order.targetSoc, 100) : order.minSoc
    const untilBound = speed === 0 ? Number.POSITIVE_INFINITY : Math.max(0, (bound - vehicle.soc) / speed)
    const untilOver = order.mode === 'discharge' ? session!.dischargeUntil - this.#at : Number.POSITIVE_INFINITY
    const step = Math.min(milliseconds, untilBound, untilOver)
    const energy = (Math.abs(power) * step) / HOUR
    if (power > 0) {
      session!.energy += energy
      this.meter += energy
    } else {
      session!.dischargeEnergy += energy
    }
    vehicle.soc = step === untilBound ? bound : Math.min(100, Math.max(0, vehicle.soc + speed * step))
    return step
  }

  #warm(milliseconds: number): void {
    const target = AMBIENT + 28 * (this.power / this.setup.rating) ** 2
    this.#temperature += (target - this.#temperature) * (1 - Math.exp(-milliseconds / 400_000))
  }

  /** Sees whether the session has come to its end or turn, and sets the power for the next step. */
  #settle(): void {
    const { session } = this
    if (this.active) {
      const { order } = session!
      if (order.mode === 'charge' && this.vehicle!.soc >= Math.min(order.targetSoc, 100)) {
        session!.over = { reason: this.vehicle!.soc >= 100 ? 'battery_full' : 'soc_target_reached', at: this.#at }
      }
      if (order.mode === 'discharge') this.#endDischarge(order)
    }
    this.power = this.#nextPower()
    if (session !== undefined) session.maxPower = Math.max(session.maxPower, Math.abs(this.power))
  }

  #endDischarge(order: Order & { mode: 'discharge' }): void {
    const empty = this.vehicle!.soc <= order.minSoc
    if (!empty && this.#at < this.session!.dischargeUntil) return
    if (order.thenCharge !== undefined) this.session!.order = { mode: 'charge', ...order.thenCharge }
    else this.session!.over = { reason: empty ? 'min_soc_reached' : 'discharge_complete', at: this.#at }
  }

  #nextPower(): number {
    if (!this.active || this.fault !== undefined) return 0
    const { setup, vehicle, session } = this
    const { order } = session!
    if (this.#limit !== undefined && this.#limit.until <= this.#at) this.#limit = undefined
    const share = setup.share()
    const ceiling = Math.min(order.power, this.#limit?.power ?? Number.POSITIVE_INFINITY)
    if (order.mode === 'discharge') return 0 - round(Math.min(ceiling, share.discharge, vehicle!.dischargePower), 2)
    const scheduled = this.schedule === undefined ? Number.POSITIVE_INFINITY : scheduledLimit(this.schedule, this.#at)
    const possible = Math.min(ceiling, scheduled, share.charge, setup.rating, acceptedPower(vehicle!, setup.supply))
    // Converters are never quite steady.
    return round(possible * (1 - 0.008 * setup.random.next()), 2)
  }

  #state(): Sample['state'] {
    if (this.fault !== undefined) return 'fault'
    if (this.testing) return 'unavailable'
    if (this.active) return this.session!.order.mode === 'charge' ? 'charging' : 'discharging'
    return this.vehicle !== undefined && this.session === undefined ? 'preparing' : 'idle'
  }

  #electrical(): Pick<Sample, 'voltage' | 'current' | 'phase_details'> {
    const kilowatts = this.power
    if (this.setup.supply === 'DC') {
      // A pack of 400 V nominal: its voltage rises as it fills and a little with what flows in.
      const voltage = this.active ? round(335 + 0.75 * this.vehicle!.soc + 0.08 * kilowatts, 1) : 0
      return { voltage, current: voltage === 0 ? 0 : round((kilowatts * 1000) / voltage, 1) }
    }
    const phases = this.vehicle?.model.acPhases ?? 3
    const voltages = [0, 1, 2].map(() => round(230 + 1.5 * (this.setup.random.next() - 0.5), 1))
    const current = round((kilowatts * 1000) / 230 / phases, 1)
    const [a, b, c] = voltages.map((voltage, phase) => ({ voltage, current: phase < phases ? current : 0 }))
    return { voltage: this.active ? 400 : 0, current, phase_details: { phase_a: a!, phase_b: b!, phase_c: c! } }
  }
}

/** Rounds to decimal places; never gives -0, which reads as a discharge. */
function round(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places + 0
}
