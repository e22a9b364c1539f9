import type { Answer, Api, Body, Operation, Success } from './api.ts'
import { pause } from './clock.ts'
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
  /** Asks for other credentials when the server does not take the present ones; undefined when there are none. */
  renew: (present: Credentials) => Promise<Credentials | undefined>
  /** The server's limits are this many times the published ones. */
  limitScale: number
  /** Ends all sending at once. */
  abort: AbortSignal
}

/** A charger's memory for samples while there is no connection: a day of one connector. */
const MOST_SAMPLES = 17_280
const POLL_SECONDS = 30
/** After a long-poll that was refused, in milliseconds. */
const POLL_REST = 5000
/** Between attempts to get a token that is refused, in milliseconds. */
const TOKEN_REST = 30_000

/**
 * A charger's connection: keeps its token, stays under the limits of a device, and delivers what the charger says in
 * order and until it is acknowledged, across outages of either side. Samples and everything else go in two lines, as the limits count them.
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

  /** Gets the first token, with other credentials if need be. */
  async open(): Promise<void> {
    await this.#bearer()
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
    return this.#messages
      .filter(({ operation }) => operation === 'uploadChargingRecord')
      .map(({ body }) => body as ChargingRecord)
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

  /** Puts a log where the platform wants it. A refusal is for the command to report. */
  async uploadLog(url: string, text: string): Promise<Answer> {
    const { api, abort } = this.#setup
    const attempt = async () => {
      await this.#untilConnected()
      await this.#callPacer.turn(abort)
      return abort.aborted ? GAVE_UP : api.send('uploadLog', { url: new URL(url), text, signal: abort })
    }
    return patiently(attempt, { signal: abort, onRest: rest => this.#callPacer.rest(rest), tries: 5 })
  }

  /** Returns the commands that wait, or undefined when the heartbeat did not get through; the next one comes anyway. */
  async sendHeartbeat(body: Body<'sendHeartbeat'>): Promise<PendingCommand[] | undefined> {
    const answer = await this.#deliver({ operation: 'sendHeartbeat', body }, this.#samplePacer, 3)
    return answer.status === 200 ? (answer.body as Success<'sendHeartbeat'>).data.commands : undefined
  }

  /** Waits up to 30 s for a command. Undefined when none came or the signal ended the wait. */
  async fetchCommand(signal: AbortSignal): Promise<PendingCommand | undefined> {
    const { api, report } = this.#setup
    let used: string | undefined
    const attempt = async () => {
      await this.#callPacer.turn(signal)
      const token = await this.#bearer()
      used = token
      const timeout = (POLL_SECONDS + 15) * 1000
      return signal.aborted
        ? GAVE_UP
        : api.send('fetchCommand', { query: `?wait=${POLL_SECONDS}`, token, signal, timeout })
    }
    const answer = await patiently(attempt, { signal, onRest: rest => this.#callPacer.rest(rest) })
    if (signal.aborted) return undefined
    if (answer.status === 200) return (answer.body as Success<'fetchCommand'>).data ?? undefined
    if (answer.status === 401) this.#forget(used)
    else {
      report.refuse('fetchCommand', answer)
      await pause(POLL_REST, signal)
    }
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
  #deliver(message: Message, pacer: Pacer, tries?: number): Promise<Answer> {
    const { api, abort } = this.#setup
    const send = async () => {
      await pacer.turn(abort)
      const token = await this.#bearer()
      const answer = abort.aborted
        ? GAVE_UP
        : await api.send(message.operation, { body: message.body, token, signal: abort })
      if (answer.status === 401) this.#forget(token)
      return answer
    }
    const attempt = async () => {
      await this.#untilConnected()
      const answer = await send()
      // The token ran out or was revoked; a second refusal is about something else.
      return answer.status === 401 ? send() : answer
    }
    return patiently(attempt, {
      signal: abort,
      onRest: rest => pacer.rest(rest),
      ...(tries === undefined ? {} : { tries }),
    })
  }

  async #untilConnected(): Promise<void> {
    while (this.#gate !== undefined && !this.#setup.abort.aborted) await this.#gate.promise
  }

  #forget(token: string | undefined): void {
    if (this.#token?.text === token) this.#token = undefined
  }

  /** The token, a new one when the present one is nearly over. One request at a time asks for it. */
  async #bearer(): Promise<string | undefined> {
    if (this.#token !== undefined && Date.now() < this.#token.renewAt) return this.#token.text
    this.#newToken ??= this.#fetchToken().finally(() => {
      this.#newToken = undefined
    })
    return this.#newToken
  }

  /** Undefined only when sending was aborted: a charger without a token keeps what it has to say and tries again. */
  async #fetchToken(): Promise<string | undefined> {
    const { api, abort, report } = this.#setup
    while (!abort.aborted) {
      const attempt = async () => {
        await this.#tokenPacer.turn(abort)
        const { device_id, device_secret } = this.#setup.credentials
        const body = { device_id, device_secret, grant_type: 'client_credentials' }
        return abort.aborted ? GAVE_UP : api.send('issueDeviceToken', { body, signal: abort })
      }
      const answer = await patiently(attempt, { signal: abort, onRest: rest => this.#tokenPacer.rest(rest) })
      if (answer.status === 200) {
        const { access_token, expires_in } = answer.body as Success<'issueDeviceToken'>
        this.#token = { text: access_token, renewAt: Date.now() + expires_in * 950 }
        return access_token
      }
      const renewed = answer.status === 401 ? await this.#setup.renew(this.#setup.credentials) : undefined
      if (renewed !== undefined) {
        this.#setup.credentials = renewed
        continue
      }
      if (!abort.aborted) report.refuse('issueDeviceToken', answer)
      await pause(TOKEN_REST, abort)
    }
    return undefined
  }
}

const GAVE_UP: Answer = { status: 0, body: 'stopped', retryAfter: undefined }
