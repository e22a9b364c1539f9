import type { ErrorCode, Protocol } from '../action.ts'

/** The kinds of frames by their number on the wire; 5 and 6 came with OCPP 2.1. */
export const MESSAGE_TYPE = { CALL: 2, CALLRESULT: 3, CALLERROR: 4, CALLRESULTERROR: 5, SEND: 6 } as const

export type Payload = Record<string, unknown>

export interface RequestFrame {
  type: 'CALL' | 'SEND'
  id: string
  action: string
  payload: Payload
  /** What the frame has against OCPP-J although it can be read. */
  flaw: string | undefined
}

export interface ResultFrame {
  type: 'CALLRESULT'
  id: string
  payload: Payload
}

export interface ErrorFrame {
  type: 'CALLERROR' | 'CALLRESULTERROR'
  id: string
  code: string
  description: string
  details: Payload
}

/** A frame that cannot be read. */
export interface BrokenFrame {
  type: 'INVALID'
  flaw: string
  /** Whether it is JSON at least. */
  malformed: boolean
  /** The CALLERROR that the version asks for; undefined where it says to ignore the frame. */
  answer: { id: string; code: ErrorCode } | undefined
  /** The call that it should have answered: whoever waits for that waits in vain. */
  broken?: { type: 'CALLRESULT' | 'CALLERROR'; id: string }
}

export type Frame = RequestFrame | ResultFrame | ErrorFrame | BrokenFrame

const LONGEST_ID = 36
/** Stands for an id that could not be read (OCPP 2.x). */
const NO_ID = '-1'

const HAS_UNSTORABLE = /\\u(0000|d[89a-f])/i

/** Some stations pad serial numbers with NUL; neither that nor half a character can stand in the database. */
function storable(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return clean(value)
  if (!isObject(value) || Object.keys(value).every(name => clean(name) === name)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [clean(name), member]))
}

const clean = (text: string) => text.replaceAll('\0', '').toWellFormed()

/** No message of OCPP has more than a few levels, and neither the database nor the stack takes any number. */
const MOST_LEVELS = 100

const isDeep = (value: unknown, levels = MOST_LEVELS): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(member => isDeep(member, levels - 1)))

/** Reads one text message of a WebSocket as a frame of a version. */
export function parseFrame(text: string, protocol: Protocol): Frame {
  let frame: unknown
  try {
    frame = JSON.parse(text)
    // To look for an escape at all is much quicker than the expression.
    if (text.includes('\\u') && HAS_UNSTORABLE.test(text) && Array.isArray(frame))
      // But the unique id goes back as it came.
      frame = frame.map((element, index) => (index === 1 ? element : JSON.parse(JSON.stringify(element), storable)))
  } catch {
    return unreadable('the text is not JSON', protocol, true)
  }
  if (!Array.isArray(frame)) return unreadable('a frame is an array', protocol)
  switch (frame[0]) {
    case MESSAGE_TYPE.CALL:
      return parseRequest('CALL', frame, protocol)
    case MESSAGE_TYPE.CALLRESULT:
      return parseResult(frame)
    case MESSAGE_TYPE.CALLERROR:
      return parseError('CALLERROR', frame)
    case MESSAGE_TYPE.CALLRESULTERROR:
      return protocol === 'ocpp2.1' ? parseError('CALLRESULTERROR', frame) : unknownType(frame, protocol)
    case MESSAGE_TYPE.SEND:
      return protocol === 'ocpp2.1' ? parseRequest('SEND', frame, protocol) : unknownType(frame, protocol)
    default:
      return unknownType(frame, protocol)
  }
}

/** Versions 2.x answer what they cannot read under the id "-1"; 1.6 has no way to. */
function unreadable(flaw: string, protocol: Protocol, malformed = false): BrokenFrame {
  const answer = protocol === 'ocpp1.6' ? undefined : { id: NO_ID, code: 'RpcFrameworkError' as const }
  return { type: 'INVALID', flaw, malformed, answer }
}

/** Only 2.0.1 wants an answer; the others say to ignore it, so that later versions can add types. */
function unknownType(frame: unknown[], protocol: Protocol): BrokenFrame {
  const id = typeof frame[1] === 'string' && frame[1].length <= LONGEST_ID ? frame[1] : NO_ID
  const answer = protocol === 'ocpp2.0.1' ? { id, code: 'MessageTypeNotSupported' as const } : undefined
  return { type: 'INVALID', flaw: 'unknown message type', malformed: false, answer }
}

function parseRequest(type: 'CALL' | 'SEND', frame: unknown[], protocol: Protocol): RequestFrame | BrokenFrame {
  const [, id, action, payload] = frame
  if (typeof id !== 'string' || id === '') return ignoreSend(type, unreadable('the unique id is missing', protocol))
  const refuse = (flaw: string, code: ErrorCode) =>
    ignoreSend(type, { type: 'INVALID', flaw, malformed: false, answer: { id, code } })
  if (typeof action !== 'string' || action === '')
    return refuse('the action is missing', protocol === 'ocpp1.6' ? 'FormatViolation' : 'RpcFrameworkError')
  if (!isObject(payload)) return refuse('the payload is not an object', 'FormatViolation')
  return { type, id, action, payload, flaw: flawOf(id, frame.length, 4) }
}

/** Nobody waits for an answer to a SEND. */
const ignoreSend = (type: 'CALL' | 'SEND', broken: BrokenFrame): BrokenFrame =>
  type === 'SEND' ? { ...broken, answer: undefined } : broken

function flawOf(id: string, length: number, most: number): string | undefined {
  if (id.length > LONGEST_ID) return `the unique id has more than ${LONGEST_ID} characters`
  return length > most ? `the frame has more than ${most} elements` : undefined
}

function parseResult([, id, payload]: unknown[]): ResultFrame | BrokenFrame {
  if (typeof id !== 'string') return ignored('the unique id is missing')
  const broken = { type: 'CALLRESULT' as const, id }
  if (!isObject(payload)) return { ...ignored('the payload is not an object'), broken }
  return isDeep(payload)
    ? { ...ignored('the payload is nested too deeply'), broken }
    : { type: 'CALLRESULT', id, payload }
}

/** A code is enough: many stations leave out the description or the details. */
function parseError(type: ErrorFrame['type'], frame: unknown[]): ErrorFrame | BrokenFrame {
  const [, id, code, description, details] = frame
  if (typeof id !== 'string') return ignored('the unique id is missing')
  if (typeof code !== 'string') {
    const flawed = ignored('the error code is missing')
    return type === 'CALLERROR' ? { ...flawed, broken: { type, id } } : flawed
  }
  return {
    type,
    id,
    code,
    description: typeof description === 'string' ? description : '',
    details: isObject(details) && !isDeep(details) ? details : {},
  }
}

/** Answers are never answered. */
const ignored = (flaw: string): BrokenFrame => ({ type: 'INVALID', flaw, malformed: false, answer: undefined })

const isObject = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
