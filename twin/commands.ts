import type { Outcome } from './bay.ts'
import type { Charger } from './charger.ts'
import { planDiagnostic } from './diagnostics.ts'
import { upgrade } from './firmware.ts'
import type { PendingCommand } from './link.ts'
import { readSchedule } from './schedule.ts'

/** What a command leads to, or the reason why it is rejected. */
type Plan = (() => Promise<Outcome>) | string

/** Commands that are remembered so that none is done twice. */
const MOST_REMEMBERED = 1000
const DONE: Outcome = { status: 'completed' }

/** Obeys what the platform tells a charger: each command once, with a report when it begins and when it ends. */
export class Commands {
  readonly #charger: Charger
  readonly #seen = new Set<string>()
  readonly #running = new Set<Promise<void>>()

  constructor(charger: Charger) {
    this.#charger = charger
  }

  /** Does a command unless it was seen before or came too late. Heartbeat and long-poll bring the same ones. */
  obey(command: PendingCommand): void {
    if (this.#seen.has(command.command_id) || Date.now() >= Date.parse(command.expiry)) return
    this.#remember(command.command_id)
    const running = this.#do(command)
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
  }

  /** Waits until every command that was begun has its report. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #do(command: PendingCommand): Promise<void> {
    const { link, report } = this.#charger.setup
    const expiry = Date.parse(command.expiry)
    report.commands.received++
    this.#charger.write(`command ${command.command} ${command.command_id}`)
    const tell = (status: 'accepted' | 'rejected' | Outcome['status'], more: Partial<Outcome> = {}) => {
      const timestamp = new Date(this.#charger.setup.clock.now()).toISOString()
      link.sendCommandStatus({ ...more, command_id: command.command_id, status, timestamp }, expiry)
      if (status !== 'accepted') report.commands[status]++
    }
    const plan = this.#plan(command)
    if (typeof plan === 'string') return tell('rejected', { message: plan })
    tell('accepted')
    const outcome = await plan()
    tell(outcome.status, outcome)
  }

  #remember(id: string): void {
    this.#seen.add(id)
    if (this.#seen.size > MOST_REMEMBERED) this.#seen.delete(this.#seen.values().next().value!)
  }

  #plan(pending: PendingCommand): Plan {
    const { command, connector_id: id, params } = pending
    const bays = id === null ? this.#charger.bays : this.#charger.bays.filter(({ connector }) => connector.id === id)
    if (bays.length === 0) return `this charger has no connector ${id}`
    switch (command) {
      case 'start_charging':
        return this.#startCharging(bays, params)
      case 'stop_charging':
        return this.#stopCharging(bays, params)
      case 'discharge':
        return this.#discharge(bays, params)
      case 'set_power_limit':
        return this.#setPowerLimit(id, bays, params)
      case 'set_schedule':
        return this.#setSchedule(bays, params)
      case 'firmware_upgrade':
        return this.#upgradeFirmware(params)
      default:
        return planDiagnostic(this.#charger, pending) ?? `this charger does not know the command ${command}`
    }
  }

  #startCharging(bays: Charger['bays'], params: Params): Plan {
    const power = number(params.charge_power) ?? Number.POSITIVE_INFINITY
    const targetSoc = number(params.target_soc) ?? 100
    // A command for the whole charger means the connector that can begin at once.
    const usable = bays.filter(({ connector }) => connector.inService)
    const bay = usable.find(({ connector }) => connector.vehicle !== undefined) ?? usable[0]
    if (bay === undefined) return `out of service: ${bays[0]!.connector.fault ?? 'self-test'}`
    const { vehicle } = bay.connector
    if (vehicle !== undefined && vehicle.soc >= targetSoc)
      return `the battery is at ${Math.floor(vehicle.soc)} % already`
    return () => bay.order({ mode: 'charge', power, targetSoc })
  }

  #stopCharging(bays: Charger['bays'], params: Params): Plan {
    const running = bays.filter(({ connector }) => connector.active)
    if (running.length === 0) return 'no session is running'
    return async () => {
      for (const bay of running)
        bay.stop(typeof params.reason === 'string' && params.reason !== '' ? params.reason : 'remote_stop')
      return DONE
    }
  }

  #discharge(bays: Charger['bays'], params: Params): Plan {
    if (this.#charger.model.dischargePower === 0) return 'this charger cannot discharge'
    const bay = bays.find(({ connector }) => connector.vehicle !== undefined && connector.inService)
    if (bay === undefined) return 'no vehicle is connected'
    const vehicle = bay.connector.vehicle!
    const minSoc = number(params.min_soc) ?? 20
    if (vehicle.dischargePower === 0) return 'the vehicle cannot give energy back'
    if (vehicle.soc <= minSoc) return `the battery is at ${Math.floor(vehicle.soc)} %`
    const order = bay.connector.session?.order
    const charge = order?.mode === 'charge' ? { power: order.power, targetSoc: order.targetSoc } : order?.thenCharge
    return () =>
      bay.order({
        mode: 'discharge',
        power: number(params.discharge_power) ?? Number.POSITIVE_INFINITY,
        minSoc,
        seconds: number(params.duration) ?? 3600,
        ...(charge === undefined ? {} : { thenCharge: charge }),
      })
  }

  #setPowerLimit(id: number | null, bays: Charger['bays'], params: Params): Plan {
    const share = number(params.power_limit_percent)
    const power =
      number(params.power_limit) ?? (share === undefined ? undefined : (this.#charger.model.power * share) / 100)
    if (power === undefined) return 'neither power_limit nor power_limit_percent is given'
    const now = this.#charger.setup.clock.now()
    const until = now + (number(params.duration) ?? Number.POSITIVE_INFINITY) * 1000
    return async () => {
      if (id === null) this.#charger.limit(power, until)
      else for (const { connector } of bays) connector.limit(power, until, now)
      for (const bay of bays) bay.refresh()
      return DONE
    }
  }

  #setSchedule(bays: Charger['bays'], params: Params): Plan {
    try {
      const schedule = readSchedule(params)
      return async () => {
        for (const bay of bays) {
          bay.connector.schedule = schedule
          bay.refresh()
        }
        return { ...DONE, details: { time_slots: schedule.slots.length } }
      }
    } catch (error) {
      return (error as Error).message
    }
  }

  #upgradeFirmware(params: Params): Plan {
    const version = params.firmware_version ?? params.version
    if (typeof version !== 'string' || version === '' || version.length > 64) return 'firmware_version is missing'
    return () => upgrade(this.#charger, version)
  }
}

type Params = Record<string, unknown>

const number = (value: unknown): number | undefined => (typeof value === 'number' && value >= 0 ? value : undefined)
