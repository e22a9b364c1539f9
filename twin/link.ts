import type { Answer, Api, Body, Operation, Success } from './api.ts'
import type { ChargingRecord, Sample } from './connector.ts'
import { Pacer } from './pacer.ts'
import type { Report } from './report.ts'
import { patiently } from './retry.ts'

export interface Credentials {
  device_id: string
  device_secret: string
}

export type PendingCommand = Success<'sendHeartbeat'>['data']['commands'][number]

interface Message {
  operation: Operation
  body: object
  /** What the server may answer without surprising a real charger. */
  isExpected?: (status: number) => boolean
}

export interface LinkSetup {
  api: Api
  report: Report
  credentials: Credentials
  /** Asks for other credentials when the server does not take the present ones; throws when there are none to be had. */
  renew: (present: Credentials) => Promise<Credentials>
  /** The server's limits are this many times the published ones. */
  limitScale: number
  /** Ends all sending at once. */
  abort: AbortSignal
}

/** A charger's memory for samples while there is no connection: a day of one connector. */
const MOST_SAMPLES = 17_280
/** Ten times 404 or 500 in a row do not make a message good; a charging record is kept all the same. */
const TRIES_OF_DOUBTFUL = 5
const POLL_SECONDS = 30

/**
 * A charger's connection: keeps its token, stays under the limits of a device, and delivers what the charger says in order and until it is acknowledged, across
 * outages of either side. Samples and everything else go in two lines, as the limits count them.
 */
export class Link {
  readonly #setup: LinkSetup
  readonly #samples: Message[] = []
  readonly #messages: Message[] = []
  readonly #samplePacer: Pacer
  readonly #callPacer: Pacer
  readonly #tokenPacer: Pacer
  #token: { text: string; renewAt: number } | undefined
  #newToken: Promise<string | undefined> | undefined
  /** Open while the charger is connected. */
  #gate: PromiseWithResolvers<void> | undefined
  #drained: PromiseWithResolvers<void> | undefined
  #working = 0

  constructor(setup: LinkSetup) {
    this.#setup = setup
    const { limitScale: scale } = setup
    // Somewhat under the published limits: requests that leave evenly may arrive in a bunch.
    this.#samplePacer = new Pacer(9 * scale, 8 * scale)
    this.#callPacer = new Pacer(0.95 * scale, 30 * scale)
    this.#tokenPacer = new Pacer(0.15 * scale, 5 * scale)
  }

  get deviceId(): string {
    return this.#setup.credentials.device_id
  }

  get connected(): boolean {
    return this.#gate === undefined
  }

  /** Messages and samples that are not acknowledged yet. */
  get waiting(): number {
    return this.#samples.length + this.#messages.length
  }

  get samplesWaiting(): number {
    return this.#samples.length
  }

  /** Records that the server has not acknowledged. */
  unsentRecords(): ChargingRecord[] {
    return this.#messages.filter(({ operation }) => operation === 'uploadChargingRecord').map(({ body }) => body as ChargingRecord)
  }

  sendSample(sample: Sample): void {
    this.#setup.report.samplesSent++
    if (this.#samples.length >= MOST_SAMPLES) {
      // The oldest but the first, which may be on its way.
      this.#samples.splice(1, 1)
      this.#setup.report.samplesDropped++
    }
    this.#queue(this.#samples, { operation: 'uploadTelemetry', body: sample })
  }

  sendEvent(event: Body<'reportDeviceEvent'>): void {
    this.#queue(this.#messages, { operation: 'reportDeviceEvent', body: event })
  }

  sendRecord(record: ChargingRecord): void {
    this.#setup.report.recordsSent++
    this.#queue(this.#messages, { operation: 'uploadChargingRecord', body: record })
  }

  /** @param expiry of the command: a report that comes after it may be refused */
  sendCommandStatus(status: Body<'reportCommandStatus'>, expiry: number): void {
    const isExpected = (answer: number) => answer === 409 && Date.now() >= expiry - 1000
    this.#queue(this.#messages, { operation: 'reportCommandStatus', body: status, isExpected })
  }

  sendFirmwareStatus(status: Body<'reportFirmwareStatus'>): void {
    this.#queue(this.#messages, { operation: 'reportFirmwareStatus', body: status })
  }

  /** Returns the commands that wait, or undefined when the heartbeat did not get through; the next one comes anyway. */
  async sendHeartbeat(body: Body<'sendHeartbeat'>): Promise<PendingCommand[] | undefined> {
    const answer = await this.#deliver({ operation: 'sendHeartbeat', body }, this.#samplePacer, 3)
    return answer.status === 200 ? (answer.body as Success<'sendHeartbeat'>).data.commands : undefined
  }

  /** Waits up to 30 s for a command. Undefined when none came or the signal ended the wait. */
  async fetchCommand(signal: AbortSignal): Promise<PendingCommand | undefined> {
    const { api, report } = this.#setup
    const attempt = async () => {
      await this.#gate?.promise
      await this.#callPacer.turn(signal)
      const token = await this.#bearer()
      const timeout = (POLL_SECONDS + 15) * 1000
      return signal.aborted ? GAVE_UP : api.send('fetchCommand', { query: `?wait=${POLL_SECONDS}`, token, signal, timeout })
    }
    const answer = await patiently(attempt, { signal, onRest: rest => this.#callPacer.rest(rest) })
    if (signal.aborted) return undefined
    if (answer.status === 200) return (answer.body as Success<'fetchCommand'>).data ?? undefined
    if (answer.status === 401) this.#token = undefined
    else report.refuse('fetchCommand', answer)
    return undefined
  }

  /** The charger loses its connection: from now on everything waits. */
  disconnect(): void {
    this.#gate ??= Promise.withResolvers()
  }

  /** It is back, and after a restart it needs a new token. */
  reconnect(): void {
    this.#token = undefined
    this.#gate?.resolve()
    this.#gate = undefined
  }

  /** Waits until everything is acknowledged or sending was aborted. */
  async drain(): Promise<void> {
    while (this.#working > 0) {
      this.#drained ??= Promise.withResolvers()
      await this.#drained.promise
    }
  }

  #queue(line: Message[], message: Message): void {
    line.push(message)
    if (line.length === 1) void this.#work(line)
  }

  /** Delivers a line in order until it is empty. */
  async #work(line: Message[]): Promise<void> {
    const { abort, report } = this.#setup
    const pacer = line === this.#samples ? this.#samplePacer : this.#callPacer
    this.#working++
    while (line.length > 0 && !abort.aborted) {
      const message = line[0]!
      const keep = message.operation === 'uploadChargingRecord'
      const answer = await this.#deliver(message, pacer)
      if (abort.aborted && answer.status !== 200) break
      line.shift()
      if (answer.status === 200) report.acknowledge(message.operation)
      else if (!message.isExpected?.(answer.status)) report.refuse(message.operation, answer)
      // The fault may be the server's and pass, and a record is money.
      if (keep && answer.status >= 500) line.push(message)
    }
    this.#working--
    if (this.#working === 0) {
      this.#drained?.resolve()
      this.#drained = undefined
    }
  }

  /** Sends one message until the answer is final. */
  async #deliver(message: Message, pacer: Pacer, tries?: number): Promise<Answer> {
    const { api, abort } = this.#setup
    let errors = 0
    const attempt = async () => {
      await this.#untilConnected()
      await pacer.turn(abort)
      const token = await this.#bearer()
      if (abort.aborted) return GAVE_UP
      let answer = await api.send(message.operation, { body: message.body, token, signal: abort })
      if (answer.status === 401) {
        // The token ran out or was revoked; a second refusal is about something else.
        if (this.#token?.text === token) this.#token = undefined
        const renewed = await this.#bearer()
        await pacer.turn(abort)
        answer = await api.send(message.operation, { body: message.body, token: renewed, signal: abort })
      }
      return answer
    }
    const judged = async () => {
      const answer = await attempt()
      if (answer.status >= 500 && answer.status !== 503) errors++
      if (errors >= TRIES_OF_DOUBTFUL) stop.abort()
      return answer
    }
    const stop = new AbortController()
    const giveUp = () => stop.abort()
    abort.addEventListener('abort', giveUp, { once: true })
    try {
      return await patiently(judged, { signal: stop.signal, onRest: rest => pacer.rest(rest), ...(tries === undefined ? {} : { tries }) })
    } finally {
      abort.removeEventListener('abort', giveUp)
    }
  }

  async #untilConnected(): Promise<void> {
    while (this.#gate !== undefined && !this.#setup.abort.aborted) await this.#gate.promise
  }

  /** The token, a new one when the present one is nearly over. One request at a time asks for it. */
  async #bearer(): Promise<string | undefined> {
    if (this.#token !== undefined && Date.now() < this.#token.renewAt) return this.#token.text
    this.#newToken ??= this.#fetchToken().finally(() => {
      this.#newToken = undefined
    })
    return this.#newToken
  }

  async #fetchToken(): Promise<string | undefined> {
    const { api, abort, report } = this.#setup
    for (let count = 0; count < 2; count++) {
      const attempt = async () => {
        await this.#tokenPacer.turn(abort)
        const { device_id, device_secret } = this.#setup.credentials
        const body = { device_id, device_secret, grant_type: 'client_credentials' }
        return abort.aborted ? GAVE_UP : api.send('issueDeviceToken', { body, signal: abort })
      }
      const answer = await patiently(attempt, { signal: abort })
      if (answer.status === 200) {
        const { access_token, expires_in } = answer.body as Success<'issueDeviceToken'>
        this.#token = { text: access_token, renewAt: Date.now() + expires_in * 950 }
        return access_token
      }
      if (abort.aborted) return undefined
      if (count > 0 || answer.status !== 401) {
        report.refuse('issueDeviceToken', answer)
        return undefined
      }
      this.#setup.credentials = await this.#setup.renew(this.#setup.credentials)
    }
    return undefined
  }
}

const GAVE_UP: Answer = { status: 0, body: 'stopped', retryAfter: undefined }
