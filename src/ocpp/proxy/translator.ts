import type { Protocol } from '../action.ts'
import type { Payload } from '../rpc/frame.ts'

export interface Call {
  action: string
  payload: Payload
}

/** What a station said, with what it was answered here. */
export interface StationMessage extends Call {
  /** Our own answer. */
  answer: Payload
  receivedAt: Date
}

/** A transaction that both sides know under a name of their own. */
export interface ProxiedTransaction {
  stationTransactionId: string
  upstreamTransactionId: string
  evseId: number
  /** How many messages about it the upstream has taken. */
  sequence: number
  meterStartWh: number | null
  ended: boolean
  /** When it ended by the clock of the station, where the station may give its id to another. */
  endedAt?: Date
}

/** What a call of the upstream comes to: a call to the station, or an answer without one. */
export type Downward = { call: Call } | { answer: Payload }

/** Says why something cannot be said in the other version. */
export class Untranslatable extends Error {}

/** Between a station of one version and an upstream of another. Without state and side effects. */
export interface Translator {
  stationProtocol: Protocol
  upstreamProtocol: Protocol
  /** The registration of a station from what is known of it. */
  boot(facts: BootFacts): Call
  /** The station's id of the transaction that a message is about; undefined when it is about none. */
  transactionOf(message: StationMessage): string | undefined
  /** Whether a message begins another transaction than the one that is known under its id. */
  beginsAnother(message: StationMessage, known: ProxiedTransaction): boolean
  /**
   * What the upstream is told, in order; nothing when it need not know.
   *
   * @param transaction what is known of the message's transaction
   * @param newId an id for a transaction that begins, where the upstream leaves it to us
   * @throws Untranslatable
   */
  toUpstream(message: StationMessage, transaction: ProxiedTransaction | undefined, newId: () => string): Call[]
  /** What is known of the transaction when the upstream has answered the first call; undefined when that is nothing. */
  learn(
    message: StationMessage,
    transaction: ProxiedTransaction | undefined,
    told: Call,
    answer: Payload,
  ): ProxiedTransaction | undefined
  /** Our answer with the word of the upstream in it, where that decides. */
  answerStation(message: StationMessage, upstreamAnswer: Payload): Payload
  /**
   * @param transactionOf the transaction that the upstream knows under an id
   * @param newStartId a number for a start that is asked for
   * @throws Untranslatable
   */
  toStation(
    call: Call,
    transactionOf: (upstreamId: string) => Promise<ProxiedTransaction | undefined>,
    newStartId: () => number,
  ): Promise<Downward>
  /** What the upstream is answered. */
  answerUpstream(call: Call, stationAnswer: Payload): Payload
}

export interface BootFacts {
  vendor: string
  model: string
  serialNumber: string | null
  firmwareVersion: string | null
}

/** Messages that the upstream must hear of, and in order, however long it is away. */
export const isDurable = ({ action, payload }: Call): boolean =>
  action === 'StartTransaction' ||
  action === 'StopTransaction' ||
  action === 'TransactionEvent' ||
  (action === 'MeterValues' && payload.transactionId !== undefined)

/** An object without the fields that are not set. */
export function compact(fields: Payload): Payload {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}

/** @throws Untranslatable for what the other version has no room for */
export function fit(text: string, longest: number, what: string): string {
  if (text.length > longest) throw new Untranslatable(`${what} has more than ${longest} characters`)
  return text
}

/** 1.6 has text where 2.0.1 has any JSON. */
export const dataAsText = (data: unknown): string | undefined =>
  data === undefined ? undefined : typeof data === 'string' ? data : JSON.stringify(data)
