import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Connector, Order } from '../connector.ts'
import type { Fault } from '../faults.ts'
import type { Random } from '../random.ts'
import { drawVehicle } from '../vehicle.ts'
import type { Dialect, Status, StopReason } from './dialect.ts'
import { type Context, type Reading, readingsOf } from './readings.ts'
import type { OcppReport } from './report.ts'
import type { Token } from './tokens.ts'
import type { Reservation, Transaction, Wish } from './transaction.ts'

export interface OutletSetup {
  connector: Connector
  clock: Clock
  report: OcppReport
  random: Random
  dialect: () => Dialect
  /** Asks who may charge. */
  authorize: (wish: Wish) => Promise<boolean>
  /** A transaction begins. */
  begun: (transaction: Transaction) => void
  /** A transaction is over. */
  ended: (transaction: Transaction) => void
  /** kW that profiles allow the connector. */
  allowed: () => number
  measurands: () => string[]
  /** Simulated milliseconds. */
  sampleEvery: () => number
  arrivalsPerHour: number
  occupied: number
  /** Simulated seconds. */
  occupiedWithin: number
  /** Tokens of the drivers who come by themselves. */
  drivers: readonly Token[]
  closing: AbortSignal
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The life of one connector: vehicles come, drivers show a token, energy flows; the central system interferes. */
export class Outlet {
  readonly connector: Connector
  readonly #setup: OutletSetup
  transaction: Transaction | undefined
  reservation: Reservation | undefined
  available: boolean
  #bell = new AbortController()
  #wish: Wish | undefined
  #stop: StopReason | undefined
  #finishing = false
  #told: Status | undefined

  constructor(setup: OutletSetup, available: boolean) {
    this.#setup = setup
    this.connector = setup.connector
    this.available = available
  }

  get id(): number {
    return this.connector.id
  }

  /** Reading of the energy meter, Wh. */
  get meter(): number {
    return Math.round(this.connector.meter * 1000)
  }

  get status(): Status {
    const { connector, transaction } = this
    if (connector.fault !== undefined) return 'Faulted'
    if (transaction !== undefined) return transaction.flow
    if (!this.available) return 'Unavailable'
    if (this.reservation !== undefined) return 'Reserved'
    if (connector.vehicle === undefined) return 'Available'
    return this.#finishing ? 'Finishing' : 'Preparing'
  }

  /** Whether a session could begin here, for somebody with this token. */
  isFreeFor(token: Token, group?: string): boolean {
    if (this.transaction !== undefined || this.#wish !== undefined) return false
    if (!this.available || !this.connector.inService) return false
    const { reservation } = this
    return reservation === undefined || reservation.token.id === token.id || (reservation.group ?? '') === group
  }

  /** Lives until the run is over and the last session is accounted for. */
  async live(): Promise<void> {
    const { clock, random, closing, arrivalsPerHour, occupied, occupiedWithin } = this.#setup
    closing.addEventListener('abort', () => this.#ring(), { once: true })
    let arrival =
      clock.now() +
      (random.chance(occupied) ? random.between(1, occupiedWithin) * SECOND : random.untilNext(arrivalsPerHour) * HOUR)
    while (!closing.aborted) {
      this.#expireReservation()
      const usable = this.available && this.connector.inService
      if (usable && (this.#wish !== undefined || (clock.now() >= arrival && this.reservation === undefined))) {
        await this.#visit()
        arrival = clock.now() + random.untilNext(arrivalsPerHour) * HOUR
      } else if (this.reservation !== undefined) await this.#wait(this.reservation.until)
      else await this.#wait(usable ? arrival : Number.POSITIVE_INFINITY)
    }
  }

  /** Begins a session soon. Where no vehicle is, the driver who asked brings one. */
  start(wish: Wish): void {
    this.#wish = wish
    this.#ring()
  }

  /** Ends the running session. */
  stop(reason: StopReason): void {
    this.#stop = reason
    this.#ring()
  }

  /** Lets it look again: a limit, a reservation or its availability changed. */
  refresh(): void {
    this.#ring()
    void this.tellStatus()
  }

  fail(fault: Fault): void {
    this.connector.advance(this.#setup.clock.now())
    this.connector.fault = fault.code
    this.#wish = undefined
    this.refresh()
  }

  recover(): void {
    this.connector.fault = undefined
    this.refresh()
  }

  /** Says what state it is in, unless that was said already. */
  async tellStatus(always = false): Promise<void> {
    const { status } = this
    if (status === this.#told && !always) return
    this.#told = status
    await this.#setup.dialect().tellStatus(this)
  }

  /** What it measures now. */
  read(now = this.#setup.clock.now()): Reading[] {
    return readingsOf(this.connector.sample(now), this.meter, this.#setup.measurands())
  }

  /** A vehicle from its arrival to its departure. */
  async #visit(): Promise<void> {
    const { connector } = this
    const { clock, random, closing } = this.#setup
    const { supply } = connector.setup
    connector.vehicle = drawVehicle(random, supply, false)
    if (this.#wish?.isRemote) connector.vehicle.soc = Math.min(connector.vehicle.soc, 60)
    this.#finishing = false
    void this.tellStatus()
    // The plug is locked; the driver looks for the card.
    if (this.#wish === undefined) await this.#wait(clock.now() + random.between(3, 12) * SECOND)
    if (this.#wish === undefined && this.connector.inService && this.available)
      this.#wish = { token: random.pick(this.#setup.drivers), isRemote: false }
    let leaves = clock.now() + (supply === 'AC' ? random.between(1, 6) * HOUR : random.between(20, 70) * MINUTE)
    while (!closing.aborted && clock.now() < leaves) {
      const wish = this.#wish
      if (wish === undefined) await this.#wait(leaves)
      else if (await this.#setup.authorize(wish)) {
        await this.#session(wish, leaves)
        leaves = Math.min(leaves, clock.now() + random.untilNext(supply === 'AC' ? 1 / 20 : 1 / 4) * MINUTE)
      } else this.#wish = undefined
    }
    connector.vehicle = undefined
    this.#finishing = false
    await this.tellStatus()
  }

  async #session({ token, remoteStartId }: Wish, leaves: number): Promise<void> {
    const { connector } = this
    const { clock, report, sampleEvery, begun, ended } = this.#setup
    const dialect = this.#setup.dialect()
    const order: Order = { mode: 'charge', power: Number.POSITIVE_INFINITY, targetSoc: connector.vehicle!.wantedSoc }
    // One instant for all of it: in a fast run energy flows between two looks at the clock.
    const startedAt = clock.now()
    connector.begin(order, startedAt)
    const transaction: Transaction = {
      id: randomUUID(),
      outlet: this,
      token,
      startedAt,
      meterStart: this.meter,
      sequence: 0,
      remoteStartId,
      reservationId: this.reservation?.id,
      flow: 'Charging',
    }
    this.transaction = transaction
    this.#wish = undefined
    this.#stop = undefined
    this.reservation = undefined
    report.sessions++
    begun(transaction)
    dialect.begin(transaction, this.read(startedAt))
    void this.tellStatus()
    while (connector.active) {
      await this.#wait(Math.min(clock.now() + sampleEvery(), leaves))
      const now = clock.now()
      connector.advance(now)
      const reason = this.#reasonToEnd(now >= leaves)
      if (reason !== undefined) connector.finish(reason, now)
      if (connector.active) this.#measure(transaction)
    }
    const { reason, at } = connector.session!.over!
    transaction.endedAt = at
    dialect.end(transaction, this.read(), isStopReason(reason) ? reason : 'SOCLimitReached')
    report.energy += connector.settleAccount().energy
    this.transaction = undefined
    this.#finishing = true
    ended(transaction)
    await this.tellStatus()
  }

  #measure(transaction: Transaction, context: Context = 'Sample.Periodic'): void {
    const dialect = this.#setup.dialect()
    const flow = this.connector.power > 0 ? 'Charging' : this.#setup.allowed() <= 0 ? 'SuspendedEVSE' : 'SuspendedEV'
    const isChanged = flow !== transaction.flow
    transaction.flow = flow
    dialect.measure(transaction, this.read(), context)
    if (!isChanged) return
    dialect.change(transaction)
    void this.tellStatus()
  }

  /** The reason as OCPP has it, unless the session goes on. */
  #reasonToEnd(driverLeft: boolean): StopReason | undefined {
    if (this.connector.fault !== undefined) return 'Other'
    if (this.#stop !== undefined) return this.#stop
    if (driverLeft) return 'EVDisconnected'
    return this.#setup.closing.aborted ? 'PowerLoss' : undefined
  }

  #expireReservation(): void {
    if (this.reservation === undefined || this.reservation.until > this.#setup.clock.now()) return
    this.reservation = undefined
    void this.tellStatus()
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

const STOP_REASONS: readonly string[] = [
  'Local',
  'Remote',
  'EVDisconnected',
  'HardReset',
  'SoftReset',
  'UnlockCommand',
  'DeAuthorized',
  'SOCLimitReached',
  'PowerLoss',
  'Other',
]

/** When the connector ends by itself, the vehicle has what its driver wants. */
const isStopReason = (reason: string): reason is StopReason => STOP_REASONS.includes(reason)
