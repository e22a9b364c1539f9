import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Knex } from 'knex'
import type { Context } from 'openapi-backend'
import { doing } from './audit/actionUnderway.ts'
import { actionOf, recordOf } from './audit/passageRecord.ts'
import { admit as admitCaller, type Shown, strangerRefusal } from './auth/admission.ts'
import {
  type AnonymousCaller,
  type Caller,
  callerName,
  isAudited,
  isOperator,
  serviceAccountName,
} from './auth/caller.ts'
import type { Config } from './config.ts'
import { ApiError, asApiError } from './errors.ts'
import { account } from './http/account.ts'
import { Backend, type Validators } from './http/backend.ts'
import { checkBytes, readBody, readBytes } from './http/body.ts'
import { Exchange } from './http/exchange.ts'
import { checkHeaders } from './http/headers.ts'
import { once } from './http/idempotency.ts'
import { identify, type Passage } from './http/passage.ts'
import { readQuery } from './http/query.ts'
import { checkReply, JSON_TYPE } from './http/replyCheck.ts'
import { type Document, IndexedRouter, type RoutedRequest, type ServedOperation } from './http/router.ts'
import { validationError } from './http/validation.ts'
import { RequestLimiter, strangerName } from './limits/requestLimiter.ts'
import type { Call, Reply, StreamReply } from './operation.ts'
import type { Services } from './services.ts'
import * as auditLogs from './store/auditLogs.ts'

/** One contract as the server knows it: its document, what was generated from it, and what differs per contract. */
export interface Contract {
  name: string
  /** Where the document's paths begin, without a slash at the end; empty for the root. */
  mount: string
  document: Document
  validators: Validators
  handlers: object
  /** Per security scheme: who calls, or an `unauthorized` error. */
  credentials: Record<string, Credential>
  /** Who an anonymous caller is where the document allows none beside a credential (`{}`). */
  enroll?: (services: Services) => Promise<Caller>
  /** Whose pages may read answers, instead of CORS_ORIGINS. */
  corsOrigins?: string[]
  /** The most that a body may have, instead of BODY_LIMIT_BYTES. */
  bodyLimitBytes?: number
  /** What a body is taken for that does not say; without it such a body is refused. */
  mediaType?: string
  /** Counts a request against its caller's allowance: headers for the answer, or `tooMany`. */
  count?: (caller: Caller, services: Services) => Promise<Record<string, string>>
  /** Why the contract cannot be served with these settings; undefined when it can. */
  missing?: (config: Config) => string | undefined
  /** What is said of a path below the mount that leads nowhere. */
  unknownPath?: (path: string) => ApiError
  /** The contract's own shape for an error. */
  renderError(error: ApiError, operation: ServedOperation | undefined): RenderedError
}

export type Credential = (request: IncomingMessage, services: Services) => Promise<Caller>

export interface RenderedError {
  status: number
  body: unknown
  contentType: string
  headers?: Record<string, string>
}

/** Serves the request and says so, or leaves it alone because no path of the contract is meant. */
export type Dispatch = (request: IncomingMessage, response: ServerResponse) => boolean

const ANONYMOUS: AnonymousCaller = { kind: 'anonymous' }
/** Turns one contract into the function that serves it. The only place that knows openapi-backend. */
export function serveContract(contract: Contract, services: Services): Dispatch {
  const { config, log } = services
  const router = new IndexedRouter(contract.document)
  const limiter = new RequestLimiter(config.rateLimits)

  const api = new Backend(contract.document, contract.validators, router)
  for (const { operationId } of router.operations) api.register(operationId, (_context, passage) => handle(passage))
  for (const [scheme, credential] of Object.entries(contract.credentials)) {
    api.registerSecurityHandler(scheme, (_context, passage: Passage) => credential(passage.exchange.request, services))
  }
  api.register('postSecurityHandler', (context, passage: Passage) => admit(context, passage))
  api.register('unauthorizedHandler', context => {
    throw strangerRefusal(context.security as Shown | undefined)
  })
  api.register('validationFail', context => {
    throw validationError(context.validation.errors![0]!)
  })
  api.register('notFound', () => {
    throw new ApiError('notFound', 'no such path')
  })

  /** Who calls, what they may do and how often; then the body, which nobody reads for a stranger. */
  async function admit(context: Context, passage: Passage): Promise<void> {
    const { exchange, operation, routed } = passage
    if (operation.security.length > 0)
      passage.caller = await admitCaller(operation.security, (context.security ?? {}) as Shown, {
        hasCredential: exchange.request.headers.authorization !== undefined,
        enroll: () => contract.enroll!(services),
      })
    identify(passage, passage.caller)
    if (passage.caller.kind === 'device' || isOperator(passage.caller))
      limiter.count(operation.rateLimit, callerName(passage.caller))
    if (contract.count !== undefined) passage.headers = await contract.count(passage.caller, services)
    if (operation.bodyLimit !== undefined) {
      // The handler reads it when it knows that it is welcome; there is no schema for it.
      checkBytes(exchange.request, operation.mediaTypes, operation.bodyLimit)
      routed.verbatim = true
    } else if (operation.status === 'implemented' && operation.mediaTypes.length > 0) {
      const limit = contract.bodyLimitBytes ?? config.bodyLimitBytes
      const { value, text } = await readBody(exchange.request, operation.mediaTypes, limit, contract.mediaType)
      routed.body = value
      routed.verbatim = typeof value === 'string' && value === text
      passage.text = text
    }
  }

  async function handle(passage: Passage): Promise<Reply> {
    const { exchange, operation, routed, caller } = passage
    if (caller.kind === 'anonymous' || caller.kind === 'enrollment')
      limiter.count(
        operation.rateLimit,
        strangerName(exchange.address, routed.body, exchange.request.headers.authorization),
      )
    const call = {
      ...services,
      path: routed.route.params,
      query: routed.query,
      body: routed.body,
      headers: routed.headers,
      caller,
      // A function and no accessor: an accessor in a literal is a new shape for the engine at each request, which costs
      // more than everything else here and keeps the request in memory.
      signal: () => exchange.signal,
      address: exchange.address,
      url: exchange.request.url,
      text: passage.text,
      bytes: () => readBytes(exchange.request, operation.bodyLimit!),
      concerns(tenantId: string, serviceAccountId?: string) {
        passage.tenantId = tenantId
        if (serviceAccountId === undefined) return
        passage.actor = serviceAccountName(serviceAccountId)
        passage.isAccount = true
      },
    } as unknown as Call<unknown, never>
    const handler = (contract.handlers as Record<string, (call: unknown) => Promise<Reply>>)[operation.operationId]!
    return perform(passage, call.body, db => handler(db === undefined ? call : { ...call, db }))
  }

  /**
   * Runs the handler in the transaction that its operation needs: for its `Idempotency-Key`, for its row in the audit log,
   * for both or none.
   */
  async function perform(passage: Passage, body: unknown, handler: (db?: Knex) => Promise<Reply>): Promise<Reply> {
    const { exchange, operation, caller, tenantId } = passage
    const key = operation.idempotent ? exchange.request.headers['idempotency-key'] : undefined
    const isKeyed = key !== undefined && tenantId !== undefined
    // Chargers that enroll are no operators; who asks for a token turns out to be one.
    const isKept = operation.audit !== undefined && (isAudited(caller) || caller.kind === 'anonymous')
    if (!isKeyed && !isKept) return handler()
    let isDone = false
    const act = async (db?: Knex) => {
      const reply = await handler(db)
      if (isKept && operation.audit === 'action' && passage.actor !== undefined)
        await auditLogs.store(db!, recordOf(passage, reply.status, reply.body))
      isDone = true
      return reply
    }
    const run = () => {
      if (isKeyed) {
        const target = `${operation.method} ${exchange.path}`
        return once(services.db, { tenantId, caller: callerName(caller), key: String(key), target, body }, act)
      }
      return operation.audit === 'action' ? services.db.transaction(act) : act()
    }
    const reply = await (isKept && isAudited(caller) ? doing(actionOf(passage), run) : run())
    // A repeat of an Idempotency-Key does nothing.
    passage.isRecorded = isKept && isDone
    return reply
  }

  /** Of a service account everything is on record before the answer, what it reads and what it is refused too. */
  async function record(passage: Passage, status: number, failure?: ApiError): Promise<void> {
    if (!passage.isAccount || passage.isRecorded) return
    passage.isRecorded = true
    const details = failure === undefined ? {} : { message: failure.message }
    await services.ingest.audit.submit({ ...recordOf(passage, status, undefined), details })
  }

  async function serve(passage: Passage): Promise<void> {
    const { exchange, operation, routed } = passage
    let status: number
    let failure: ApiError | undefined
    try {
      checkHeaders(exchange.request)
      const reply: Reply = await api.handleRequest(routed, passage)
      const text =
        reply.contentType === undefined ? JSON.stringify(reply.body) : (reply.body as string | Buffer | undefined)
      checkReply(contract.validators.responses, operation, reply, {
        length: text?.length ?? 0,
        isThorough: config.checkLargeReplies,
      })
      status = reply.status
      await record(passage, status)
      if (reply.undelivered !== undefined) takeBackIfLost(exchange, reply.undelivered)
      const headers = withHeaders(reply.headers, passage.headers)
      if (reply.stream === undefined) exchange.send(status, text, reply.contentType ?? JSON_TYPE, headers)
      else if (exchange.begin(status, reply.contentType!, headers)) void pour(passage, reply.stream)
    } catch (error) {
      failure = asApiError(error)
      if (failure.caller !== undefined) identify(passage, failure.caller)
      const refused = contract.renderError(failure, operation).status
      await record(passage, refused, failure).catch(error => {
        failure = asApiError(error)
      })
      status = sendError(exchange, failure, operation, passage.headers)
    }
    account(contract.name, services, passage, { status, failure })
  }

  async function pour({ exchange: { response, requestId }, operation }: Passage, stream: StreamReply['stream']) {
    try {
      await stream(response)
    } catch (error) {
      const { operationId } = operation
      log.error({ contract: contract.name, operation: operationId, requestId, err: error }, 'a stream broke off')
      response.destroy()
    }
  }

  function sendError(
    exchange: Exchange,
    error: ApiError,
    operation: ServedOperation | undefined,
    more?: Record<string, string>,
  ): number {
    const { status, body, contentType, headers } = contract.renderError(error, operation)
    exchange.send(status, JSON.stringify(body), contentType, { ...more, ...error.headers, ...headers })
    return status
  }

  /**
   * Answers what leads to no operation. Where every request counts, this one does too, and a stranger does not learn
   * which paths there are.
   */
  async function refuse(exchange: Exchange, failure: ApiError): Promise<void> {
    let error = failure
    let headers: Record<string, string> | undefined
    const [identify] = Object.values(contract.credentials)
    if (contract.count !== undefined && identify !== undefined) {
      try {
        headers = await contract.count(await identify(exchange.request, services), services)
      } catch (refusal) {
        if (failure.kind === 'notFound') error = asApiError(refusal)
      }
    }
    const status = sendError(exchange, error, undefined, headers)
    const { request, requestId } = exchange
    log.info({ contract: contract.name, status, method: request.method, requestId }, error.message)
  }

  function takeBackIfLost({ request, response }: Exchange, undelivered: () => Promise<void>): void {
    const lost = () =>
      undelivered().catch(error => log.error({ err: error }, 'could not take back an undelivered reply'))
    // The answer to a HEAD has no body, so what the body would have handed out is not taken.
    if (response.destroyed || request.method === 'HEAD') lost()
    else response.once('close', () => response.writableFinished || lost())
  }

  return (request, response) => {
    if (!isBelow(contract.mount, request.url!)) return false
    const exchange = new Exchange(request, response, config, services.draining, contract.corsOrigins)
    const { path, search } = exchange
    const method = request.method!.toLowerCase()
    try {
      const route = router.find(method === 'head' ? 'get' : method, path.slice(contract.mount.length) || '/')
      if (route === undefined) {
        // What else is at the root, such as the docs, is not this contract's to refuse.
        if (contract.mount === '') return false
        throw contract.unknownPath?.(path.slice(contract.mount.length)) ?? new ApiError('notFound', 'no such path')
      }
      if ('allow' in route) {
        if (method === 'options') exchange.sendOptions(route.allow)
        else
          throw new ApiError('methodNotAllowed', `${request.method} is not allowed here`, {
            headers: { Allow: route.allow.join(', ') },
          })
        return true
      }
      const query = readQuery(search, route.operation)
      const routed: RoutedRequest = {
        method,
        path,
        query: query as RoutedRequest['query'],
        headers: request.headers as RoutedRequest['headers'],
        body: undefined,
        route,
        verbatim: false,
      }
      void serve({
        exchange,
        operation: route.operation,
        routed,
        caller: ANONYMOUS,
        tenantId: undefined,
        actor: undefined,
        isAccount: false,
        isRecorded: false,
        text: undefined,
        headers: undefined,
      })
    } catch (error) {
      void refuse(exchange, asApiError(error))
    }
    return true
  }
}

const isBelow = (mount: string, url: string) =>
  mount === '' || (url.startsWith(mount) && [undefined, '/', '?'].includes(url[mount.length]))

const withHeaders = (own: Record<string, string> | undefined, more: Record<string, string> | undefined) =>
  more === undefined ? own : { ...more, ...own }
