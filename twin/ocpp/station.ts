import type { Clock } from '../clock.ts'
import { Connector } from '../connector.ts'
import { Journal } from '../journal.ts'
import type { ChargerModel } from '../models.ts'
import { Random } from '../random.ts'
import type { BootReason, Dialect, FirmwareStatus, StopReason, UploadStatus } from './dialect.ts'
import { breakDown, readByTheClock, roam } from './happenings.ts'
import { Line } from './line.ts'
import { Outbox } from './outbox.ts'
import { Outlet } from './outlet.ts'
import { Profiles } from './profiles.ts'
import type { OcppReport } from './report.ts'
import type { Protocol } from './schemas.ts'
import { Settings } from './settings.ts'
import type { StationState } from './state.ts'
import { DRIVERS, type Token, type TokenInfo, Tokens } from './tokens.ts'
import type { Transaction, Wish } from './transaction.ts'
import { Dialect16 } from './v16/dialect.ts'
import { Dialect201 } from './v201/dialect.ts'

export interface StationSetup {
  url: string
  protocol: Protocol
  model: ChargerModel
  state: StationState
  /** Has the state written to its file. */
  save: () => Promise<void>
  clock: Clock
  report: OcppReport
  /** Rates per station and hour of simulated time, the share of connectors that are taken at once, and within how many seconds. */
  habits: {
    sessionsPerHour: number
    faultRate: number
    reconnectRate: number
    occupied: number
    occupiedWithin: number
  }
  seed: string
  /** The station is switched on within so many seconds of the wall clock. */
  spread: number
  /** Begins when the run is over. */
  closing: AbortSignal
  abort: AbortSignal
}

const SECOND = 1000
/** Simulated seconds that a restart takes. */
const BOOT = 5
/** Between attempts to be registered that nobody answers, in simulated seconds. */
const BOOT_AGAIN = 5
const LOOK_AGAIN = 1
/** Messages per second of the wall clock that a fast run does not go beyond. */
const FASTEST = 4

/** One simulated OCPP station: its connection, registration and heartbeats around the life of its connectors. */
export class Station {
  readonly setup: StationSetup
  readonly line: Line
  readonly outbox: Outbox
  readonly outlets: readonly Outlet[]
  readonly settings: Settings
  readonly tokens: Tokens
  readonly profiles = new Profiles()
  readonly journal = new Journal()
  readonly dialect: Dialect
  readonly #random: Random
  /** What it would say of its firmware and of its last upload. */
  firmwareStatus: FirmwareStatus | 'Idle' = 'Idle'
  uploadStatus: UploadStatus | 'Idle' = 'Idle'
  #registered = false
  #wasRegistered = false
  #heartbeatAfter = 300

  constructor(setup: StationSetup) {
    this.setup = setup
    const { state, model, url, protocol, report, abort } = setup
    this.#random = new Random(`${setup.seed}/station`)
    this.settings = new Settings(model.connectors, state.settings)
    this.tokens = new Tokens(state.list)
    this.dialect = protocol === 'ocpp1.6' ? new Dialect16(this) : new Dialect201(this)
    this.line = new Line({
      url,
      protocol,
      report,
      abort,
      identity: state.identity,
      password: () => (state.passwordBytes === undefined ? state.password : Buffer.from(state.passwordBytes, 'hex')),
      obey: (action, payload) => this.#obey(action, payload),
      opened: () => void this.#greet(),
      pingSeconds: () => this.settings.number('WebSocketPingInterval'),
    })
    this.outbox = new Outbox({
      line: this.line,
      report,
      abort,
      entries: state.entries,
      complete: entry => this.dialect.complete(entry),
      taken: (entry, { payload }) => this.#judge(entry.transaction, this.dialect.taken(entry, payload)),
      attempts: () => this.settings.number('TransactionMessageAttempts'),
      retryAfter: () => (this.settings.number('TransactionMessageRetryInterval') * SECOND) / setup.clock.speed,
      isOpen: () => this.#registered && this.line.connected,
    })
    this.outlets = Array.from({ length: model.connectors }, (_, index) => this.#makeOutlet(index))
  }

  get online(): boolean {
    return this.#registered && this.line.connected
  }

  get running(): readonly Transaction[] {
    return this.outlets.flatMap(({ transaction }) => (transaction === undefined ? [] : [transaction]))
  }

  /** kW now. */
  get power(): number {
    return this.outlets.reduce((sum, { connector }) => sum + connector.power, 0)
  }

  /** Lives until the run is over and the central system has acknowledged everything, or sending is aborted. */
  async run(): Promise<void> {
    const { clock, spread, report } = this.setup
    await this.wait(this.#random.between(0, spread) * clock.speed)
    this.write('switched on')
    this.line.open()
    await Promise.all([
      this.#beat(),
      breakDown(this, this.#random),
      roam(this, this.#random),
      readByTheClock(this),
      ...this.outlets.map(outlet => outlet.live()),
    ])
    await this.outbox.drain()
    this.line.hangUp()
    this.#keep()
    report.transactionsKept += this.outbox.waiting
  }

  write(text: string): void {
    this.journal.write(this.setup.clock.now(), text)
  }

  /** Waits so many simulated seconds; false when the run is over. */
  wait(seconds: number): Promise<boolean> {
    const { clock, closing } = this.setup
    return clock.until(clock.now() + seconds * SECOND, closing)
  }

  /** Does something once the call that asks for it has been answered. */
  later(task: () => unknown): void {
    setImmediate(() => void task())
  }

  /** Ends what runs, and begins anew. */
  async reset(reason: StopReason, why: BootReason = 'RemoteReset'): Promise<void> {
    this.write(`reset: ${reason}`)
    for (const outlet of this.outlets) if (outlet.transaction !== undefined) outlet.stop(reason)
    while (this.running.length > 0) if (!(await this.wait(LOOK_AGAIN))) return
    this.#registered = false
    this.line.hangUp()
    if (!(await this.wait(BOOT))) return this.line.open()
    this.setup.state.bootReason = why
    this.line.open()
  }

  /** Waits until it is registered again; not beyond the end of the run. */
  async registered(): Promise<void> {
    while (!this.online) if (!(await this.wait(LOOK_AGAIN))) return
  }

  /** Writes down what outlives a power cut. */
  async save(): Promise<void> {
    this.#keep()
    await this.setup.save()
  }

  /** Whether somebody may charge, by what the station knows or by asking. */
  async authorize({ token, isRemote }: Wish): Promise<boolean> {
    if (isRemote && !this.settings.flag('AuthorizeRemoteTxRequests')) return true
    const { clock } = this.setup
    const places = {
      list: this.settings.flag('LocalAuthListEnabled'),
      cache: this.settings.flag('AuthorizationCacheEnabled'),
    }
    const known = this.tokens.find(token.id, clock.now(), places)
    if (known?.status === 'Accepted' && this.settings.flag('LocalPreAuthorize')) return true
    const told = await this.dialect.authorize(token)
    if (told !== undefined) {
      this.tokens.remember(token.id, told)
      return told.status === 'Accepted'
    }
    if (known === undefined) return this.settings.flag('AllowOfflineTxForUnknownId')
    return known.status === 'Accepted' && this.settings.flag('LocalAuthorizeOffline')
  }

  /** Notes what an answer says of a token. */
  learn(token: Token, info: TokenInfo): void {
    this.tokens.remember(token.id, info)
  }

  /** Boots again and says how it stands, as a central system may ask. */
  async boot(): Promise<void> {
    const { state, clock, report } = this.setup
    const boot = await this.dialect.boot(state.bootReason ?? 'PowerUp')
    if (boot?.status !== 'Accepted') {
      const again = boot === undefined || boot.interval <= 0 ? BOOT_AGAIN : boot.interval
      if ((await this.wait(again)) && this.line.connected && !this.#registered) await this.boot()
      return
    }
    this.#registered = true
    if (!this.#wasRegistered) report.registered++
    this.#wasRegistered = true
    this.#heartbeatAfter = Math.max(boot.interval, clock.speed / FASTEST)
    if (boot.interval > 0) this.settings.byKey('HeartbeatInterval')!.value = String(boot.interval)
    this.write('registered')
    await this.#announce()
    await this.dialect.tellSecurity('StartupOfTheDevice')
  }

  async #greet(): Promise<void> {
    this.write('connected')
    if (this.#registered) await this.#announce()
    else await this.boot()
  }

  async #announce(): Promise<void> {
    this.outbox.flush()
    for (const outlet of this.outlets) await outlet.tellStatus(true)
  }

  #obey(action: string, payload: Record<string, unknown>): object {
    this.write(`command ${action}`)
    return this.dialect.obey(action, payload)
  }

  /** A token that may not charge ends the transaction that it began. */
  #judge(transaction: string, status: string | undefined): void {
    if (status === undefined || status === 'Accepted' || !this.settings.flag('StopTransactionOnInvalidId')) return
    this.outlets.find(outlet => outlet.transaction?.id === transaction)?.stop('DeAuthorized')
  }

  async #beat(): Promise<void> {
    const { clock, closing } = this.setup
    let due = clock.now() + this.#random.between(0, this.#heartbeatAfter) * SECOND
    while (await clock.until(Math.min(due, clock.now() + this.#heartbeatAfter * SECOND), closing)) {
      if (this.online) await this.dialect.heartbeat()
      this.#heartbeatAfter = Math.max(this.settings.number('HeartbeatInterval'), clock.speed / FASTEST)
      due = clock.now() + this.#heartbeatAfter * SECOND
    }
  }

  #makeOutlet(index: number): Outlet {
    const { state, clock, report, habits, seed, closing, model } = this.setup
    const name = `${seed}/${index + 1}`
    const id = index + 1
    const connector = new Connector({
      id,
      supply: model.supply,
      rating: model.power,
      givesBack: false,
      share: () => ({ charge: this.#allowed(id), discharge: 0 }),
      meter: state.meters[index] ?? 0,
      random: new Random(`${name}/power`),
    })
    const setup = {
      connector,
      clock,
      report,
      random: new Random(`${name}/visits`),
      dialect: () => this.dialect,
      authorize: (wish: Wish) => this.authorize(wish),
      begun: (transaction: Transaction) => this.profiles.adopt(id, transaction.id),
      ended: ({ id }: Transaction) => this.profiles.forget(id),
      allowed: () => this.#allowed(id),
      measurands: () => this.settings.text('MeterValuesSampledData').split(','),
      sampleEvery: () =>
        Math.max(this.settings.number('MeterValueSampleInterval') || 60, clock.speed / FASTEST) * SECOND,
      arrivalsPerHour: habits.sessionsPerHour / model.connectors,
      occupied: habits.occupied,
      occupiedWithin: habits.occupiedWithin,
      drivers: DRIVERS,
      closing,
    }
    return new Outlet(setup, !state.unavailable.includes(id))
  }

  /** kW that a connector may have now: its part of the station, and what profiles say. */
  #allowed(id: number): number {
    const { clock, model } = this.setup
    const now = clock.now()
    const station = Math.min(model.power, this.profiles.stationLimit(now) / 1000)
    const { transaction } = this.outlets[id - 1]!
    const running = transaction && { transaction: transaction.id, startedAt: transaction.startedAt }
    return Math.min(station / Math.max(1, this.running.length), this.profiles.connectorLimit(id, now, running) / 1000)
  }

  #keep(): void {
    const { state, model } = this.setup
    state.entries = this.outbox.unsent()
    state.meters = this.outlets.map(({ connector }) => connector.meter)
    state.unavailable = this.outlets.flatMap(({ id, available }) => (available ? [] : [id]))
    state.settings = this.settings.changed(model.connectors)
  }
}
