import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Knex } from 'knex'
import type { Context } from 'openapi-backend'
import { type Action, doing } from './audit/actionUnderway.ts'
import { type AuditRecord, detailsOf, deviceOf } from './audit/auditRecord.ts'
import { type AnonymousCaller, type Caller, callerName, isOperator, serviceAccountName } from './auth/caller.ts'
import { readBasic } from './auth/clientCredentials.ts'
import type { Config } from './config.ts'
import { ApiError, asApiError } from './errors.ts'
import { Backend, type Validators } from './http/backend.ts'
import { checkBytes, readBody, readBytes } from './http/body.ts'
import { Exchange } from './http/exchange.ts'
import { checkHeaders } from './http/headers.ts'
import { once } from './http/idempotency.ts'
import { readQuery } from './http/query.ts'
import { pathAndQuery } from './http/requestLog.ts'
import { type Document, IndexedRouter, type RoutedRequest, type ServedOperation } from './http/router.ts'
import { validationError } from './http/validation.ts'
import type { RateClass } from './limits/rates.ts'
import { TokenBuckets } from './limits/tokenBucket.ts'
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

const LARGE = 256 * 1024
const JSON_TYPE = 'application/json'
const ANONYMOUS: AnonymousCaller = { kind: 'anonymous' }
/** What one request carries through openapi-backend, beside its context. */
interface Passage {
  exchange: Exchange
  operation: ServedOperation
  routed: RoutedRequest
  caller: Caller
  tenantId: string | undefined
  /** Whose name the audit log has for it: an operator's, or that of the service account that somebody claims to be. */
  actor: string | undefined
  /** Whether the actor is a service account, of which everything is on record. */
  isAccount: boolean
  /** Whether it stands in the audit log. */
  isRecorded: boolean
  /** The body as it came. */
  text: string | undefined
  /** What the answer says beside its own headers. */
  headers: Record<string, string> | undefined
}

/** Turns one contract into the function that serves it. The only place that knows openapi-backend. */
export function serveContract(contract: Contract, services: Services): Dispatch {
  const { config, log, metrics, requestLog } = services
  const router = new IndexedRouter(contract.document)
  const buckets = new TokenBuckets()

  const api = new Backend(contract.document, contract.validators, router)
  for (const { operationId } of router.operations) api.register(operationId, (_context, passage) => handle(passage))
  for (const [scheme, credential] of Object.entries(contract.credentials)) {
    api.registerSecurityHandler(scheme, (_context, passage: Passage) => credential(passage.exchange.request, services))
  }
  api.register('postSecurityHandler', (context, passage: Passage) => admit(context, passage))
  api.register('unauthorizedHandler', context => {
    throw (
      Object.values(context.security ?? {}).find(result => result?.error)?.error ??
      new ApiError('unauthorized', 'a bearer token is required')
    )
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
    let refusal: ApiError | undefined
    for (const requirement of operation.security) {
      const [scheme] = Object.keys(requirement)
      if (scheme === undefined) {
        // A credential that was shown must be good, even where none is needed.
        if (exchange.request.headers.authorization !== undefined) continue
        passage.caller = await contract.enroll!(services)
      } else {
        const caller = context.security?.[scheme] as Caller | { error: ApiError } | undefined
        if (caller === undefined || 'error' in caller) continue
        refusal = scopeRefusal(caller, requirement[scheme]!, refusal)
        // Another way in may ask for what this caller has.
        if (refusal !== undefined) continue
        passage.caller = caller
      }
      break
    }
    if (passage.caller === ANONYMOUS && operation.security.length > 0) {
      throw (
        refusal ??
        Object.values(context.security ?? {}).find(result => result?.error)?.error ??
        new ApiError('unauthorized', 'a bearer token is required')
      )
    }
    identify(passage, passage.caller)
    if (passage.caller.kind === 'device' || isOperator(passage.caller)) limit(passage, callerName(passage.caller))
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

  function limit({ operation }: Passage, key: string): void {
    const rate = config.rateLimits[operation.rateLimit as RateClass]
    if (rate === undefined) return
    const wait = buckets.take(operation.rateLimit, rate, key, performance.now())
    if (wait === 0) return
    // Not a second more for an error of the last digit.
    const seconds = Math.max(1, Math.ceil(wait - 1e-6))
    throw new ApiError('tooMany', `too many requests, try again in ${seconds} s`, {
      details: { retry_after_seconds: seconds },
      headers: { 'Retry-After': String(seconds) },
    })
  }

  async function handle(passage: Passage): Promise<Reply> {
    const { exchange, operation, routed, caller } = passage
    // Strangers are counted by address and by whom they claim to be, so that none can use up another's allowance.
    if (caller.kind === 'anonymous' || caller.kind === 'enrollment')
      limit(passage, `${exchange.address} ${claimedId(routed.body, exchange.request.headers.authorization)}`)
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
    const isAudited = operation.audit !== undefined && (isOperator(caller) || caller.kind === 'anonymous')
    if (!isKeyed && !isAudited) return handler()
    let isDone = false
    const act = async (db?: Knex) => {
      const reply = await handler(db)
      if (isAudited && operation.audit === 'action' && passage.actor !== undefined)
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
    const reply = await (isAudited && isOperator(caller) ? doing(actionOf(passage), run) : run())
    // A repeat of an Idempotency-Key does nothing.
    passage.isRecorded = isAudited && isDone
    return reply
  }

  /** Of a service account everything is on record before the answer, what it reads and what it is refused too. */
  async function record(passage: Passage, status: number, failure?: ApiError): Promise<void> {
    if (!passage.isAccount || passage.isRecorded) return
    passage.isRecorded = true
    const details = failure === undefined ? {} : { message: failure.message }
    await services.ingest.audit.submit({ ...recordOf(passage, status, undefined), details })
  }

  /** Refuses a reply that the contract does not declare: the fault is ours, so the caller gets a 500 and the log the reason. */
  function check(operation: ServedOperation, reply: Reply, length: number): void {
    const validate = contract.validators.responses[operation.operationId]?.[reply.status]
    if (validate === undefined) {
      if (reply.body === undefined || Buffer.isBuffer(reply.body)) return
      throw new Error(`${operation.operationId} answered ${reply.status}, which its contract does not declare`)
    }
    if (reply.contentType !== undefined) {
      if (
        !config.checkLargeReplies ||
        reply.body === undefined ||
        reply.isCallersShape ||
        !reply.contentType.startsWith(JSON_TYPE)
      )
        return
    } else if (length > LARGE && !config.checkLargeReplies) return
    if (!validate(reply.contentType === undefined ? reply.body : JSON.parse(reply.body as string))) {
      const [error] = validate.errors!
      throw new Error(
        `${operation.operationId} answered against its contract: ${error!.instancePath} ${error!.message}`,
      )
    }
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
      check(operation, reply, text?.length ?? 0)
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
    account(passage, status, failure)
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

  function account(passage: Passage, status: number, failure: ApiError | undefined): void {
    const { exchange, operation, caller, tenantId } = passage
    const { milliseconds, path, search, requestId, request } = exchange
    const { operationId } = operation
    const callerText = callerName(caller)
    metrics.requests.observe({ contract: contract.name, operation: operationId, status }, milliseconds / 1000)
    if (tenantId !== undefined) {
      requestLog.add(tenantId, {
        at: Date.now(),
        method: request.method!,
        path,
        search,
        requestId,
        headers: request.headers,
        body: passage.text,
        operationId,
        status,
        milliseconds,
        caller: callerText,
      })
    }
    const line = {
      contract: contract.name,
      operation: operationId,
      status,
      ms: Math.round(milliseconds * 100) / 100,
      caller: callerText,
      requestId,
      traceparent: request.headers.traceparent,
    }
    if (failure?.kind === 'internal') log.error({ ...line, err: failure.cause ?? failure }, 'request failed')
    else if (failure?.kind === 'unavailable') log.warn({ ...line, err: failure.cause }, failure.message)
    else log.info(line, failure === undefined ? 'request' : failure.message)
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

function identify(passage: Passage, caller: Caller): void {
  passage.caller = caller
  if ('tenantId' in caller) passage.tenantId = caller.tenantId
  if (!isOperator(caller)) return
  passage.actor = callerName(caller)
  passage.isAccount = caller.kind === 'serviceAccount'
}

function actionOf({ exchange, operation, actor }: Passage): Action {
  return {
    actor: actor!,
    action: operation.operationId,
    method: exchange.request.method!,
    path: pathAndQuery(exchange.path, exchange.search),
    requestId: exchange.requestId,
    address: exchange.address,
  }
}

function recordOf(passage: Passage, status: number, answer: unknown): AuditRecord {
  const { operation, routed, tenantId } = passage
  const asked = { template: operation.path, params: routed.route.params, body: routed.body }
  const common = { tenantId: tenantId!, status, deviceId: deviceOf(asked, answer), details: detailsOf(asked, answer) }
  return { ...actionOf(passage), ...common }
}

/** Why the caller may not come in this way, beside what kept it out of the ways before; undefined when it may. */
function scopeRefusal(caller: Caller, required: string[], before: ApiError | undefined): ApiError | undefined {
  const granted = isOperator(caller) ? caller.scopes : undefined
  const missing = required.find(scope => !granted?.has(scope))
  if (missing === undefined) return undefined
  const scope = before?.details === undefined ? missing : `${before.details.scope} or ${missing}`
  return new ApiError('forbidden', `this needs the scope ${scope}`, { details: { scope }, caller })
}

/** The identity that a request without a credential is about, as far as a limit needs it. */
function claimedId(body: unknown, authorization: string | undefined): string {
  const { device_id, client_id, service_account_id, sn, site_id } = (body ?? {}) as Record<string, unknown>
  const basic = readBasic(authorization)?.clientId
  return String(basic ?? device_id ?? client_id ?? service_account_id ?? sn ?? site_id ?? '')
}
