import type { Outcome, Protocol } from '../action.ts'
import { type Answer, type Breach, blank, type Effect, errorRecord, type FrameRecord } from './effects.ts'
import { normalize, spell } from './errorCodes.ts'
import {
  type BrokenFrame,
  type ErrorFrame,
  MESSAGE_TYPE,
  type Payload,
  parseFrame,
  type RequestFrame,
  type ResultFrame,
} from './frame.ts'
import { RecentCalls } from './recentCalls.ts'

export interface EngineOptions {
  protocol: Protocol
  /** Judges a payload against the schema of its action; undefined when there is nothing to say. */
  check: (action: string, kind: 'request' | 'response', payload: Payload) => Breach | undefined
  /** Whether a breach is refused (`strict`), only noted (`tolerant`) or not looked for (`off`). Asked at each frame. */
  mode: () => 'strict' | 'tolerant' | 'off'
  newId: () => string
  /** How long an outgoing call waits for its answer, in milliseconds. */
  timeout: number
  /** How many incoming calls may wait at a time. */
  maxPending: number
}

interface Incoming {
  request: RequestFrame
  receivedAt: number
  /** An answer that was clear before its turn. */
  ready: Answer | undefined
}

interface Outgoing {
  call: number
  action: string
  payload: Payload
  id: string
  sentAt: number
}

const UNSENT: Outcome = { kind: 'offline', unsent: true }

const LONGEST_DESCRIPTION = 255

/**
 * OCPP-J of one connection, as a state machine without I/O: every input returns what is to be done, and time is an
 * argument. One call is underway per direction: incoming ones are handled and answered in order, outgoing ones wait in a
 * queue.
 */
export class RpcEngine {
  readonly #options: EngineOptions
  /** The first is being handled. */
  readonly #incoming: Incoming[] = []
  /** The first is underway. */
  readonly #outgoing: Outgoing[] = []
  #calls = 0
  #isDraining = false
  /** Actions of calls that were answered, or given up, by their id. */
  readonly #answered = new RecentCalls()
  readonly #givenUp = new RecentCalls()

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** How many incoming calls have no answer yet. */
  get pending(): number {
    return this.#incoming.length
  }

  /** Whether a call was sent that has no answer yet. */
  get isWaiting(): boolean {
    return this.#outgoing.length > 0
  }

  /** When `tick` has something to do, in milliseconds. */
  get deadline(): number | undefined {
    const [first] = this.#outgoing
    return first === undefined ? undefined : first.sentAt + this.#options.timeout
  }

  /** A text message has come. */
  receive(text: string, now: number): Effect[] {
    const frame = parseFrame(text, this.#options.protocol)
    switch (frame.type) {
      case 'CALL':
      case 'SEND':
        return this.#isDraining ? [] : this.#receiveRequest(frame, now)
      case 'CALLRESULT':
        return this.#receiveResult(frame, now)
      case 'CALLERROR':
        return this.#receiveError(frame, now)
      case 'CALLRESULTERROR':
        return [{ do: 'log', record: errorRecord(frame, this.#answered.actionOf(frame.id), now) }]
      case 'INVALID':
        return this.#receiveBroken(frame, text, now)
    }
  }

  #receiveBroken({ flaw, answer, malformed, broken }: BrokenFrame, text: string, now: number): Effect[] {
    const underway = broken && this.#underway(broken.id)
    const about = { uniqueId: broken?.id ?? null, violation: flaw, raw: text }
    const record = { ...blank('IN', 'INVALID', underway?.action ?? 'Unknown', now), ...about }
    const category = malformed ? 'MALFORMED_FRAME' : 'PROTOCOL_VIOLATION'
    const effects: Effect[] = [{ do: 'log', record }]
    effects.push({ do: 'report', category, message: flaw })
    if (answer !== undefined) {
      const error = { kind: 'error' as const, code: answer.code, description: flaw, details: {} }
      this.#write(effects, answer.id, 'Unknown', error, now, null)
    }
    if (underway !== undefined) {
      const breach = { code: 'FormatViolation' as const, description: flaw }
      if (broken?.type === 'CALLRESULT') this.#refuseResult(effects, underway, breach, now)
      else this.#settle(effects, { kind: 'error', ...breach, details: {} }, now)
    }
    return effects
  }

  #receiveRequest(request: RequestFrame, now: number): Effect[] {
    const { type, id, action, payload } = request
    const mode = this.#options.mode()
    const repeated = this.#incoming.some(({ request: { id: other } }) => other === id)
    const breach = this.#judge(request, mode)
    const flaw = repeated
      ? 'a call with this unique id is being answered'
      : (breach?.description ?? (this.#answered.has(id) ? 'the unique id was used before' : null))
    const record: FrameRecord = { ...blank('IN', type, action, now), uniqueId: id, payload, violation: flaw }
    const effects: Effect[] = [{ do: 'log', record }]
    // It is answered once, when its turn comes.
    if (repeated) return effects
    if (this.#incoming.length >= this.#options.maxPending) {
      effects.push({ do: 'report', category: 'FLOOD', message: `more than ${this.#options.maxPending} calls wait` })
      effects.push({ do: 'close', code: 1008, reason: 'too many calls at a time' })
      return effects
    }
    const ready =
      breach !== undefined && mode === 'strict' ? { kind: 'error' as const, ...breach, details: {} } : undefined
    this.#incoming.push({ request, receivedAt: now, ready })
    if (this.#incoming.length === 1) this.#serveNext(effects, now)
    return effects
  }

  #judge({ action, payload, flaw }: RequestFrame, mode: 'strict' | 'tolerant' | 'off'): Breach | undefined {
    if (mode === 'off') return undefined
    if (flaw !== undefined) return { code: 'FormatViolation', description: flaw }
    return this.#options.check(action, 'request', payload)
  }

  /** Delivers the call whose turn it is; those whose answer is clear are answered on the way. */
  #serveNext(effects: Effect[], now: number): void {
    for (;;) {
      const [next] = this.#incoming
      if (next === undefined) return
      const { request, receivedAt, ready } = next
      if (ready === undefined) {
        const { type, id, action, payload } = request
        effects.push({ do: 'deliver', type, id, action, payload, receivedAt })
        return
      }
      this.#finish(effects, next, ready, now)
    }
  }

  /** The handler of the call that was delivered last is done. What it says to a SEND is not sent. */
  answer(answer: Answer, now: number): Effect[] {
    const effects: Effect[] = []
    const [first] = this.#incoming
    if (first === undefined) return effects
    this.#finish(effects, first, answer, now)
    this.#serveNext(effects, now)
    return effects
  }

  #finish(effects: Effect[], { request, receivedAt }: Incoming, answer: Answer, now: number): void {
    const { type, id, action } = request
    this.#incoming.shift()
    this.#answered.add(id, action)
    if (type === 'CALL') this.#write(effects, id, action, answer, now, now - receivedAt)
  }

  #write(
    effects: Effect[],
    id: string,
    method: string,
    answer: Answer,
    now: number,
    responseMs: number | null,
    type: 'CALLERROR' | 'CALLRESULTERROR' = 'CALLERROR',
  ): void {
    const about = { uniqueId: id, responseMs }
    if (answer.kind === 'result') {
      effects.push({ do: 'send', text: JSON.stringify([MESSAGE_TYPE.CALLRESULT, id, answer.payload]) })
      const record = { ...blank('OUT', 'CALLRESULT', method, now), ...about, payload: answer.payload }
      effects.push({ do: 'log', record })
      return
    }
    const code = spell(answer.code, this.#options.protocol)
    const description = answer.description.slice(0, LONGEST_DESCRIPTION)
    const { details } = answer
    effects.push({ do: 'send', text: JSON.stringify([MESSAGE_TYPE[type], id, code, description, details]) })
    const payload = { errorCode: code, errorDescription: description, errorDetails: details }
    const record = { ...blank('OUT', type, method, now), ...about, payload, errorCode: code }
    effects.push({ do: 'log', record })
  }

  /**
   * A call for the station; sent when those before it have come to their end.
   *
   * @returns the number under which it will be settled, and what is to be done now
   */
  call(action: string, payload: Payload, now: number): { call: number; effects: Effect[] } {
    const call = ++this.#calls
    const effects: Effect[] = []
    this.#outgoing.push({ call, action, payload, id: this.#options.newId(), sentAt: now })
    if (this.#outgoing.length === 1) this.#sendNext(effects, now)
    return { call, effects }
  }

  #sendNext(effects: Effect[], now: number): void {
    const [next] = this.#outgoing
    if (next === undefined) return
    const { id, action, payload } = next
    next.sentAt = now
    effects.push({ do: 'send', text: JSON.stringify([MESSAGE_TYPE.CALL, id, action, payload]) })
    effects.push({ do: 'log', record: { ...blank('OUT', 'CALL', action, now), uniqueId: id, payload } })
  }

  /** Nobody waits for the call any more. One that was sent still keeps its place until its answer or its time. */
  cancel(call: number): void {
    const index = this.#outgoing.findIndex(outgoing => outgoing.call === call)
    if (index > 0) this.#outgoing.splice(index, 1)
  }

  /** Time has passed. */
  tick(now: number): Effect[] {
    const effects: Effect[] = []
    const [first] = this.#outgoing
    if (first === undefined || now < first.sentAt + this.#options.timeout) return effects
    this.#givenUp.add(first.id, first.action)
    this.#settle(effects, { kind: 'timeout' }, now)
    return effects
  }

  /** The connection is about to end: no call comes in or goes out any more, and what was sent may still be answered. */
  drain(): Effect[] {
    this.#isDraining = true
    return this.#outgoing.splice(1).map(({ call }) => ({ do: 'settle', call, outcome: UNSENT }))
  }

  /** The connection has ended: nothing that waits will be answered. */
  end(): Effect[] {
    this.#incoming.length = 0
    // The first was on its way.
    return this.#outgoing.splice(0).map(({ call }, index) => ({
      do: 'settle',
      call,
      outcome: index === 0 ? { kind: 'offline' } : UNSENT,
    }))
  }

  #settle(effects: Effect[], outcome: Outcome, now: number): void {
    const { call } = this.#outgoing.shift()!
    effects.push({ do: 'settle', call, outcome })
    this.#sendNext(effects, now)
  }

  #receiveResult({ id, payload }: ResultFrame, now: number): Effect[] {
    const underway = this.#underway(id)
    const mode = this.#options.mode()
    const breach =
      underway === undefined || mode === 'off' ? undefined : this.#options.check(underway.action, 'response', payload)
    const record: FrameRecord = {
      ...blank('IN', 'CALLRESULT', underway?.action ?? this.#givenUp.actionOf(id) ?? 'Unknown', now),
      uniqueId: id,
      payload,
      responseMs: underway === undefined ? null : now - underway.sentAt,
      violation: underway === undefined ? this.#noCall(id) : (breach?.description ?? null),
    }
    const effects: Effect[] = [{ do: 'log', record }]
    if (underway === undefined) return effects
    if (breach === undefined || mode === 'tolerant') this.#settle(effects, { kind: 'result', payload }, now)
    else this.#refuseResult(effects, underway, breach, now)
    return effects
  }

  #refuseResult(effects: Effect[], { id, action }: Outgoing, breach: Breach, now: number): void {
    const refusal = { kind: 'error' as const, ...breach, details: {} }
    // Only 2.1 has a way to say so.
    if (this.#options.protocol === 'ocpp2.1') this.#write(effects, id, action, refusal, now, null, 'CALLRESULTERROR')
    this.#settle(effects, refusal, now)
  }

  #receiveError(frame: ErrorFrame, now: number): Effect[] {
    const underway = this.#underway(frame.id)
    const record = errorRecord(frame, underway?.action ?? this.#givenUp.actionOf(frame.id), now)
    if (underway === undefined) return [{ do: 'log', record: { ...record, violation: this.#noCall(frame.id) } }]
    const effects: Effect[] = [{ do: 'log', record: { ...record, responseMs: now - underway.sentAt } }]
    const { code, description, details } = frame
    this.#settle(effects, { kind: 'error', code: normalize(code), description, details }, now)
    return effects
  }

  #underway(id: string): Outgoing | undefined {
    const [first] = this.#outgoing
    return first?.id === id ? first : undefined
  }

  #noCall(id: string): string {
    return this.#givenUp.has(id) ? 'the answer came too late' : 'no call has this unique id'
  }
}
