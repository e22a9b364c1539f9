import { randomBytes, randomUUID } from 'node:crypto'
import type { Answer, Api, Body, Operation, Success } from './api.ts'
import type { Credentials } from './link.ts'
import { modelOf } from './models.ts'
import { Pacer } from './pacer.ts'
import { placeOf } from './places.ts'
import { Random } from './random.ts'
import type { Report } from './report.ts'
import { patiently } from './retry.ts'
import type { ChargerState, State } from './state.ts'

export interface EnrollmentSetup {
  api: Api
  state: State
  report: Report
  operatorToken: string | undefined
  limitScale: number
  abort: AbortSignal
}

/** The grid connection of a site, as a share of its chargers' ratings. */
const CAPACITY_SHARE = 0.6

/** Registers chargers and sites, and remembers what the server gave them. */
export class Enrollment {
  readonly #setup: EnrollmentSetup
  readonly #pacer: Pacer

  constructor(setup: EnrollmentSetup) {
    this.#setup = setup
    // An operator's token counts for all chargers together; without one each serial number counts for itself.
    const perSecond = setup.operatorToken === undefined ? 1000 : 0.95 * setup.limitScale
    this.#pacer = new Pacer(perSecond, setup.operatorToken === undefined ? 1000 : 30 * setup.limitScale)
  }

  /**
   * The charger with this index, registered now or in an earlier run.
   *
   * @throws Error when the server does not let it in
   */
  async enter(index: number): Promise<ChargerState> {
    const { chargers, name } = this.#setup.state.fleet
    const known = chargers[index]
    if (known !== undefined) return known
    const sn = `TWIN-${name}-${String(index + 1).padStart(4, '0')}`
    const firmware = modelOf(index).firmware
    const random = new Random(`${sn}/meter`)
    const meters = Array.from({ length: modelOf(index).connectors }, () => Math.round(random.between(500, 40_000)))
    return this.#register(index, {
      sn,
      firmware_version: firmware,
      meters,
      records: [],
      device_id: '',
      device_secret: '',
    })
  }

  /** New credentials where the old ones are not taken: the server lost the charger, or its operator reset the secret. */
  async renew(index: number): Promise<Credentials | undefined> {
    try {
      return await this.#register(index, this.#setup.state.fleet.chargers[index]!)
    } catch {
      return undefined
    }
  }

  /** Registers a site of the fleet with its chargers. */
  async enterSite(index: number, members: { index: number; deviceId: string }[]): Promise<void> {
    const { state, report } = this.#setup
    const power = members.reduce((sum, member) => sum + modelOf(member.index).power, 0)
    state.fleet.site_ids[index] ??= randomUUID()
    const body: Body<'registerSite'> = {
      site_id: state.fleet.site_ids[index],
      ...placeOf(index),
      power_capacity: Math.round(power * CAPACITY_SHARE),
      device_ids: members.map(({ deviceId }) => deviceId),
      timezone: 'Europe/London',
    }
    await state.save()
    const answer = await this.#send('registerSite', body)
    if (answer.status === 200) report.sites++
    else if (!this.#setup.abort.aborted) report.refuse('registerSite', answer)
  }

  async #register(index: number, charger: ChargerState): Promise<ChargerState> {
    const { state, report, abort } = this.#setup
    const { model, manufacturer } = modelOf(index)
    let { sn } = charger
    for (let count = 0; ; count++) {
      const { firmware_version, device_secret } = charger
      const proof = device_secret === '' || sn !== charger.sn ? {} : { device_secret }
      const answer = await this.#send('registerDevice', { sn, model, manufacturer, firmware_version, ...proof })
      if (answer.status === 200) {
        const { device_id, device_secret } = (answer.body as Success<'registerDevice'>).data
        // The object is kept: the charger that runs with it must see its new name.
        state.fleet.chargers[index] = Object.assign(charger, { sn, device_id, device_secret })
        await state.save()
        return charger
      }
      if (abort.aborted) throw new Error('stopped before all chargers were registered')
      if (answer.status !== 409 || count > 0) {
        report.refuse('registerDevice', answer)
        throw new Error(refusal(answer, this.#setup.operatorToken !== undefined))
      }
      // The number is taken and its secret lost, as after a crash between the registration and our note of it.
      sn = `${charger.sn.slice(0, 40)}-${randomBytes(2).toString('hex').toUpperCase()}`
    }
  }

  #send(operation: Operation, body: object): Promise<Answer> {
    const { api, operatorToken, abort } = this.#setup
    const attempt = async () => {
      await this.#pacer.turn(abort)
      return api.send(operation, { body, token: operatorToken, signal: abort })
    }
    return patiently(attempt, { signal: abort, onRest: rest => this.#pacer.rest(rest) })
  }
}

function refusal({ status, body }: Answer, withToken: boolean): string {
  const message = (body as { message?: string } | null)?.message ?? JSON.stringify(body)
  if (status === 401 && !withToken)
    return `the server does not let chargers register themselves (${message}); give it --operator-token`
  return `the server refused to register a charger: ${status} ${message}`
}
