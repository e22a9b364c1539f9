import { isDatabaseAway } from '../errors.ts'
import type { Services } from '../services.ts'
import { type HandlerTable, OcppError, type Protocol, type Station } from './action.ts'
import { holdOut } from './holdOut.ts'
import { neutralAnswer } from './neutralAnswer.ts'
import type { Answer } from './rpc/effects.ts'
import type { Payload } from './rpc/frame.ts'
import { salvage } from './salvage.ts'
import { check, isKnown } from './schemas.ts'

/** A CALL or SEND whose turn it is. */
export interface Delivery {
  protocol: Protocol
  action: string
  station: Station
  connectionId: string
  uniqueId: string
  payload: Payload
  receivedAt: Date
}

export interface Dispatched {
  answer: Answer
  /** To be run when the answer is on its way. */
  afterwards: (() => Promise<void>)[]
}

/** What a station may say of itself while it waits to be accepted (OCPP 2.x, B02). */
const WHILE_PENDING = new Set(['NotifyReport'])

/** Has a call handled, and whatever comes of it put into an answer. */
export async function dispatch(handlers: HandlerTable, services: Services, delivery: Delivery): Promise<Dispatched> {
  const afterwards: (() => Promise<void>)[] = []
  try {
    const handler = findHandler(handlers, delivery)
    const { protocol, action, station, connectionId, uniqueId, receivedAt } = delivery
    const asked = station.validation === 'strict' ? delivery.payload : salvage(protocol, action, delivery.payload)
    if (asked === undefined) return { answer: { kind: 'result', payload: neutralAnswer(protocol, action) }, afterwards }
    // Named one by one, which is quicker than to spread a second object.
    const call = {
      ...services,
      protocol,
      action,
      station,
      connectionId,
      uniqueId,
      payload: asked,
      receivedAt,
      afterwards: (work: () => Promise<void>) => void afterwards.push(work),
    }
    // The table knows no types; the payload has been held against the schema of the action, or made to fit it.
    const attempt = async () => {
      afterwards.length = 0
      return handler(call as never)
    }
    const own = ((await holdOut(attempt, services.draining)) ?? {}) as Payload
    const payload = await services.proxies.answer({ station, action, payload: asked, receivedAt }, own)
    const breach = check(delivery.protocol, delivery.action, 'response', payload)
    if (breach !== undefined && isAnswered(delivery)) throw new Error(`the answer is wrong: ${breach.description}`)
    if (delivery.action === 'BootNotification') noteRegistration(delivery, payload)
    return { answer: { kind: 'result', payload }, afterwards }
  } catch (error) {
    return { answer: refusal(services, delivery, error), afterwards: [] }
  }
}

/** What is sent without an answer has no schema for one. */
const isAnswered = ({ action }: Delivery) => action !== 'NotifyPeriodicEventStream'

function findHandler(handlers: HandlerTable, { protocol, action, station }: Delivery) {
  if (!isKnown(protocol, action))
    throw new OcppError('NotImplemented', `${protocol} has no action ${action.slice(0, 64)}`)
  if (!maySpeak(protocol, action, station))
    throw new OcppError('SecurityError', 'the station has to be accepted by a BootNotification first')
  const table = handlers[protocol]
  if (!Object.hasOwn(table, action)) throw new OcppError('NotSupported', `${action} is not for the central system`)
  return table[action]!
}

/** A 2.x station has to be accepted once before anything else (B01.FR.10), in the version that it speaks; 1.6 stations often never say who they are. */
function maySpeak(protocol: Protocol, action: string, { registration, registeredWith }: Station): boolean {
  if (protocol === 'ocpp1.6' || action === 'BootNotification') return true
  if (registeredWith !== protocol) return false
  return registration === 'Accepted' || (registration === 'Pending' && WHILE_PENDING.has(action))
}

/** The next call may come before the feed tells what the handler has stored. */
function noteRegistration({ station, protocol }: Delivery, { status }: Payload): void {
  if (status !== 'Accepted' && status !== 'Pending' && status !== 'Rejected') return
  station.registration = status
  station.registeredWith = protocol
}

function refusal({ log }: Services, { protocol, action, station, uniqueId }: Delivery, error: unknown): Answer {
  if (error instanceof OcppError)
    return { kind: 'error', code: error.code, description: error.message, details: error.details }
  if (isOutOfRange(error)) {
    log.warn({ err: error, action, identity: station.identity, uniqueId }, 'an OCPP call says what cannot be kept')
    if (station.validation !== 'strict') return { kind: 'result', payload: neutralAnswer(protocol, action) }
    return { kind: 'error', code: 'PropertyConstraintViolation', description: 'a value is out of range', details: {} }
  }
  const away = isDatabaseAway(error)
  log[away ? 'warn' : 'error']({ err: error, action, identity: station.identity, uniqueId }, 'an OCPP call failed')
  const description = away ? 'the database is away, try again' : 'internal error'
  return { kind: 'error', code: 'InternalError', description, details: {} }
}

/** The schemas of OCPP know no largest number and no last day; the database does (class 22, data exceptions). */
const isOutOfRange = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^22/.test(String(error.code))
