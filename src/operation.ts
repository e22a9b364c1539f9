import type { ServerResponse } from 'node:http'
import type { Knex } from 'knex'
import type { Callers } from './auth/caller.ts'
import type { Services } from './services.ts'

/**
 * How a handler meets the contract. `Op` is an operation's entry in generated/<contract>/types.ts and `Scheme` the names
 * of the security schemes that it accepts, so a wrong body, a status that is not declared or a field that is missing is
 * a compile error.
 */
export type Handler<Op, Scheme extends keyof Callers> = (call: Call<Op, Scheme>) => Promise<ReplyOf<Op>>

export interface Call<Op, Scheme extends keyof Callers> extends Services {
  /** Path, query and body as the contract's schemas left them: checked, query and path coerced, defaults filled in. */
  path: Parameters<Op, 'path'>
  query: Parameters<Op, 'query'>
  body: Body<Op>
  headers: Record<string, string | undefined>
  caller: Callers[Scheme]
  /** The transaction of an `Idempotency-Key`, else the pool. */
  db: Knex
  /** Ends when the caller hangs up or the server drains. */
  signal(): AbortSignal
  /** Address of the peer, after TRUST_PROXY. */
  address: string
  /** The path and query as received, for links. */
  url: string
  /** The body as received. */
  text: string | undefined
  /** Reads the body of an operation that takes any bytes. */
  bytes(): Promise<Buffer>
  /** Tells which tenant an open request turned out to be about, and which of its service accounts, for the logs. */
  concerns(tenantId: string, serviceAccountId?: string): void
}

export interface Reply<Status extends number = number, Body = unknown> {
  status: Status
  body: Body
  headers?: Record<string, string>
  /** Set when the body is text already, of this media type, and goes out as it is. */
  contentType?: string
  /** Set when the caller chose names or types of the body, which no schema can know. */
  isCallersShape?: boolean
  /** Takes back what was handed out, when the caller hung up before the answer reached it. */
  undelivered?: () => Promise<void>
  /** Set when the body comes over time. */
  stream?: StreamReply['stream']
}

type Parameters<Op, Place extends string> = Op extends { parameters: infer P }
  ? Place extends keyof P
    ? NonNullable<P[Place]>
    : Record<never, never>
  : Record<never, never>

type Body<Op> = Op extends { requestBody: { content: infer C } }
  ? C[keyof C]
  : Op extends { requestBody?: { content: infer C } }
    ? C[keyof C] | undefined
    : undefined

/** A reply whose text was written elsewhere: by Postgres, as a rule. It is checked against the contract in tests. */
export interface WrittenReply {
  status: number
  body: string | undefined
  contentType: string
  headers: Record<string, string>
  isCallersShape?: boolean
}

/** A reply that is handed on as somebody else sent it. */
export interface BytesReply {
  status: number
  body: Buffer
  contentType: string
  headers: Record<string, string>
}

/** A reply whose body comes over time. */
export interface StreamReply {
  status: 200
  body: undefined
  contentType: string
  headers: Record<string, string>
  /**
   * Writes the body and ends the response, when the headers are on their way. Resolves when that is done or the caller
   * has hung up; what it throws breaks the connection off, so that nobody takes a part for the whole.
   */
  stream(response: ServerResponse): Promise<void>
}

type Success = 200 | 201 | 202 | 204

/**
 * Operations that answer in CSV too leave the writing of their replies to Postgres, or stream them beside their JSON; those
 * that answer with any bytes hand them on.
 */
type ReplyOf<Op> = Op extends { responses: infer R }
  ? 'text/event-stream' extends MediaTypesOf<R[keyof R]>
    ? StreamReply
    : 'text/csv' extends MediaTypesOf<R[keyof R]>
      ? WrittenReply | StreamReply | JsonReply<R>
      : 'application/octet-stream' extends MediaTypesOf<R[keyof R]>
        ? BytesReply
        : JsonReply<R>
  : never

type JsonReply<R> = {
  [S in keyof R]: S extends Success
    ? R[S] extends { content: { 'application/json': infer B } }
      ? Reply<S, B>
      : Reply<S, undefined>
    : never
}[keyof R]

type MediaTypesOf<Response> = Response extends { content: infer C } ? keyof C : never
