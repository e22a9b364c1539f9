import type { Services } from '../services.ts'

/** WebSocket subprotocols that are spoken, newest first. */
export const PROTOCOLS = ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'] as const

export type Protocol = (typeof PROTOCOLS)[number]

/** How strictly the frames of a station are held against the schemas of its version. */
export type ValidationMode = 'strict' | 'tolerant' | 'off'

/** A station as a connection knows it; read once when it connects, and again when its row changes. */
export interface Station {
  identity: string
  tenantId: string
  siteId: string | null
  deviceId: string | null
  validation: ValidationMode
  /** What the last BootNotification was answered; a registration outlives connections. */
  registration: 'Accepted' | 'Pending' | 'Rejected' | null
  /** The version that it was said in. A station that comes by another one has another software, and says anew what it is. */
  registeredWith: Protocol | null
  /** How many times its password was taken back; a connection that was made before ends. */
  passwordEpoch: number
}

/** A CALL or SEND of a station, as its handler gets it: validated as the station's mode demands. */
export interface StationCall<Request> extends Services {
  protocol: Protocol
  action: string
  station: Station
  connectionId: string
  /** The frame's unique id. */
  uniqueId: string
  payload: Request
  receivedAt: Date
  /** Runs when the answer is on its way, such as a call that only makes sense after it. */
  afterwards(work: () => Promise<void>): void
}

/** Answers a station. A refusal is an OcppError, everything else that is thrown an InternalError. */
export type ActionHandler<Request, Response> = (call: StationCall<Request>) => Promise<Response>

/** Error codes under the names of OCPP 2.x; the engine writes them as each version spells them. */
export type ErrorCode =
  | 'FormatViolation'
  | 'GenericError'
  | 'InternalError'
  | 'MessageTypeNotSupported'
  | 'NotImplemented'
  | 'NotSupported'
  | 'OccurrenceConstraintViolation'
  | 'PropertyConstraintViolation'
  | 'ProtocolError'
  | 'RpcFrameworkError'
  | 'SecurityError'
  | 'TypeConstraintViolation'

/** What a CALLERROR says. */
export class OcppError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, description: string, details: Record<string, unknown> = {}) {
    super(description)
    this.code = code
    this.details = details
  }
}

/** What became of a call to a station. */
export type Outcome =
  | { kind: 'result'; payload: Record<string, unknown> }
  | { kind: 'error'; code: string; description: string; details: Record<string, unknown> }
  | { kind: 'timeout' }
  /** `unsent` where it is sure that the station never got it. */
  | { kind: 'offline'; unsent?: true }
  /** So many calls wait for the station that it was not sent. */
  | { kind: 'busy' }

/** Calls to the stations whose sockets this process holds. */
export interface LocalStations {
  /** The protocol of the station's connection to this process; undefined when it is not connected here. */
  protocolOf(identity: string): Protocol | undefined
  /** Where the station reaches this server, without a slash at the end; undefined when it is not connected here. */
  addressOf(identity: string): string | undefined
  /** Sends a CALL when those before it are answered. What we send is always validated; a bad payload throws. */
  call(identity: string, action: string, payload: Record<string, unknown>, signal?: AbortSignal): Promise<Outcome>
  /** Ends the connection with a close frame, and by force after two seconds; false when there is none here. */
  disconnect(identity: string, reason: string): boolean
  /** Hears of each station that has connected to this process, after it is known as connected. */
  onConnected(listener: (station: Station, protocol: Protocol) => void): () => void
}

/** The handlers of every version, by action. */
export type HandlerTable = Record<Protocol, Record<string, ActionHandler<never, object | undefined>>>
