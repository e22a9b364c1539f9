import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { pause } from '../clock.ts'
import { CallError, callFrame, errorFrame, type Frame, readFrame, resultFrame } from './frame.ts'
import type { OcppReport } from './report.ts'
import { faultOf, type Protocol } from './schemas.ts'

/** What a call came to; `none` when there was no answer, because of the connection or of the time. */
export type Reply =
  | { kind: 'result'; payload: Record<string, unknown> }
  | { kind: 'error'; code: string; description: string }
  | { kind: 'none' }

export interface LineSetup {
  /** Where the central system is; the identity is put behind it. */
  url: string
  identity: string
  protocol: Protocol
  report: OcppReport
  password: () => string | Uint8Array
  /** Answers a call of the central system. @throws CallError when it cannot */
  obey: (action: string, payload: Record<string, unknown>) => object
  /** Told of every connection that is made. */
  opened: () => void
  pingSeconds: () => number
  /** Ends everything at once. */
  abort: AbortSignal
}

interface Waiting {
  id: string
  action: string
  payload: object
  settle: (reply: Reply) => void
}

const NONE: Reply = { kind: 'none' }
const ANSWER_WITHIN = 30_000
const FIRST_WAIT = 500
const LONGEST_WAIT = 30_000

/** A station's WebSocket: dialled until it stands, one call at a time, every call of the other side answered in order. */
export class Line {
  readonly #setup: LineSetup
  readonly #waiting: Waiting[] = []
  #socket: WebSocket | undefined
  #outstanding: { call: Waiting; sentAt: number; late: NodeJS.Timeout } | undefined
  #wanted = false
  #dialling = false
  #failures = 0
  #isAlive = true
  #pings: NodeJS.Timeout | undefined

  constructor(setup: LineSetup) {
    this.#setup = setup
    setup.abort.addEventListener('abort', () => this.hangUp(), { once: true })
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** From now on there is a connection, or the next attempt at one. */
  open(): void {
    this.#wanted = true
    if (!this.#dialling && this.#socket === undefined) void this.#dial()
  }

  /** Gives the connection up; abruptly, as when the mobile network is lost, or with a close frame. */
  hangUp(abruptly = false): void {
    this.#wanted = false
    if (abruptly) this.#socket?.terminate()
    else this.#socket?.close(1000)
  }

  /** Connects anew, as after a change of the password. */
  redial(): void {
    this.#socket?.close(1000)
  }

  /** Asks the central system. Without a connection there is no answer. */
  call(action: string, payload: object): Promise<Reply> {
    if (!this.connected) return Promise.resolve(NONE)
    return new Promise(settle => {
      this.#waiting.push({ id: randomUUID(), action, payload, settle })
      this.#sendNext()
    })
  }

  async #dial(): Promise<void> {
    this.#dialling = true
    const { abort } = this.#setup
    while (this.#wanted && !abort.aborted && !(await this.#connect())) {
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++)
      await pause(wait * (0.5 + Math.random() / 2), abort)
    }
    this.#dialling = false
  }

  #connect(): Promise<boolean> {
    const { url, identity, protocol, password, report } = this.#setup
    const secret = Buffer.concat([Buffer.from(`${identity}:`), Buffer.from(password())])
    const address = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/ocpp/${encodeURIComponent(identity)}`
    const headers = { authorization: `Basic ${secret.toString('base64')}` }
    const socket = new WebSocket(address, [protocol], { headers, handshakeTimeout: ANSWER_WITHIN })
    return new Promise(resolve => {
      let isDecided = false
      const fail = (reason: string) => {
        if (!isDecided) report.failedHandshake(reason)
        isDecided = true
        resolve(false)
      }
      socket.once('open', () => {
        isDecided = true
        this.#take(socket)
        resolve(true)
      })
      socket.once('unexpected-response', (_request, { statusCode }) => {
        fail(String(statusCode))
        socket.terminate()
      })
      socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'network'))
    })
  }

  #take(socket: WebSocket): void {
    this.#socket = socket
    this.#isAlive = true
    socket.on('message', data => this.#read(String(data)))
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.once('close', () => this.#lose())
    this.#pings = setInterval(() => this.#ping(socket), Math.max(1, this.#setup.pingSeconds()) * 1000)
    if (this.#wanted) this.#setup.opened()
    else this.hangUp()
  }

  #ping(socket: WebSocket): void {
    if (this.#isAlive) socket.ping()
    else socket.terminate()
    this.#isAlive = false
  }

  #lose(): void {
    clearInterval(this.#pings)
    this.#socket = undefined
    this.#settle(NONE)
    for (const { settle } of this.#waiting.splice(0)) settle(NONE)
    if (this.#wanted && !this.#dialling) void this.#dial()
  }

  #sendNext(): void {
    if (this.#outstanding !== undefined || !this.connected) return
    const call = this.#waiting.shift()
    if (call === undefined) return
    const late = setTimeout(() => {
      this.#setup.report.refuse(call.action, 'no answer in time')
      this.#settle(NONE)
    }, ANSWER_WITHIN)
    this.#outstanding = { call, sentAt: performance.now(), late }
    this.#setup.report.sent++
    this.#socket!.send(callFrame(call.id, call.action, call.payload))
  }

  /** Ends the call that is under way and sends the next. */
  #settle(reply: Reply): void {
    const { call, sentAt, late } = this.#outstanding ?? {}
    clearTimeout(late)
    this.#outstanding = undefined
    if (reply.kind !== 'none') {
      // A central system that answers lets its stations come back at once after the next loss.
      this.#failures = 0
      this.#setup.report.answered(performance.now() - sentAt!)
    }
    call?.settle(reply)
    this.#sendNext()
  }

  #read(text: string): void {
    const { report } = this.#setup
    const frame = readFrame(text)
    if (frame === undefined) report.refuse('frame', `not readable: ${text.slice(0, 100)}`)
    else if (frame.kind === 'call') this.#answer(frame.id, frame.action, frame.payload)
    // One that comes late is about nothing that anybody waits for.
    else if (frame.id === this.#outstanding?.call.id) this.#settle(this.#replyOf(frame, this.#outstanding.call.action))
  }

  #replyOf(frame: Exclude<Frame, { kind: 'call' }>, action: string): Reply {
    const { report, protocol } = this.#setup
    if (frame.kind === 'error') {
      report.refuse(action, `${frame.code} ${frame.description}`)
      return { kind: 'error', code: frame.code, description: frame.description }
    }
    const fault = faultOf(protocol, action, 'Response', frame.payload)
    if (fault !== undefined) report.refuse(action, `its answer is wrong: ${fault}`)
    return { kind: 'result', payload: frame.payload as Record<string, unknown> }
  }

  #answer(id: string, action: string, payload: unknown): void {
    const { obey, report, protocol } = this.#setup
    const fault = faultOf(protocol, action, 'Request', payload)
    try {
      if (fault !== undefined) {
        report.refuse(action, `the central system asks wrongly: ${fault}`)
        throw new CallError(protocol === 'ocpp1.6' ? 'FormationViolation' : 'FormatViolation', fault)
      }
      const answer = obey(action, payload as Record<string, unknown>)
      report.commanded(action)
      this.#socket?.send(resultFrame(id, answer))
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      this.#socket?.send(errorFrame(id, error))
    }
  }
}
