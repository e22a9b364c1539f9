import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse as parseQuery } from 'node:querystring'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { type Context, OpenAPIBackend, OpenAPIValidator, type ValidationResult } from 'openapi-backend'
import { type AnonymousCaller, type Caller, callerName } from './auth/caller.ts'
import { ApiError, asApiError } from './errors.ts'
import { readBody } from './http/body.ts'
import { Exchange } from './http/exchange.ts'
import { once } from './http/idempotency.ts'
import { type Document, IndexedRouter, type RoutedRequest, type ServedOperation } from './http/router.ts'
import { validationError } from './http/validation.ts'
import type { RateClass } from './limits/rates.ts'
import { TokenBuckets } from './limits/tokenBucket.ts'
import type { Call, Reply } from './operation.ts'
import type { Services } from './services.ts'

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

/** The generated validators.js of a contract. */
export interface Validators {
  requests: Record<string, ValidateFunction[]>
  responses: Record<string, Record<string, ValidateFunction>>
}

/** Serves the request and says so, or leaves it alone because no path of the contract is meant. */
export type Dispatch = (request: IncomingMessage, response: ServerResponse) => boolean

const LARGE = 256 * 1024
const ANONYMOUS: AnonymousCaller = { kind: 'anonymous' }
/** Headers that must not come twice: which one counts would be a guess. */
const SINGLE = new Set(['authorization', 'content-type', 'idempotency-key', 'content-length', 'host'])
const SINGLE_LENGTHS = new Set([...SINGLE].map(name => name.length))

/** What one request carries through openapi-backend, beside its context. */
interface Passage {
  exchange: Exchange
  operation: ServedOperation
  routed: RoutedRequest
  caller: Caller
  tenantId: string | undefined
}

/** Turns one contract into the function that serves it. The only place that knows openapi-backend. */
export function serveContract(contract: Contract, services: Services): Dispatch {
  const { config, log, metrics, requestLog } = services
  const router = new IndexedRouter(contract.document)
  const buckets = new TokenBuckets()

  const api = new Backend(contract, router)
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
    for (const requirement of operation.security) {
      const [scheme] = Object.keys(requirement)
      if (scheme === undefined) {
        // A credential that was shown must be good, even where none is needed.
        if (exchange.request.headers.authorization !== undefined) continue
        passage.caller = await contract.enroll!(services)
      } else {
        const caller = context.security?.[scheme] as Caller | { error: ApiError } | undefined
        if (caller === undefined || 'error' in caller) continue
        checkScopes(caller, requirement[scheme]!)
        passage.caller = caller
      }
      break
    }
    if (passage.caller === ANONYMOUS && operation.security.length > 0) {
      throw (
        Object.values(context.security ?? {}).find(result => result?.error)?.error ??
        new ApiError('unauthorized', 'a bearer token is required')
      )
    }
    identify(passage, passage.caller)
    if (passage.caller.kind === 'device' || passage.caller.kind === 'client') limit(passage, callerName(passage.caller))
    if (operation.status === 'implemented' && operation.mediaTypes.length > 0) {
      routed.body = await readBody(exchange.request, operation.mediaTypes, config.bodyLimitBytes)
    }
  }

  function limit({ operation }: Passage, key: string): void {
    const rate = config.rateLimits[operation.rateLimit as RateClass]
    if (rate === undefined) return
    const wait = buckets.take(operation.rateLimit, rate, key, performance.now())
    if (wait === 0) return
    const seconds = Math.ceil(wait)
    throw new ApiError('tooMany', `too many requests, try again in ${seconds} s`, {
      details: { retry_after_seconds: seconds },
      headers: { 'Retry-After': String(seconds) },
    })
  }

  async function handle(passage: Passage): Promise<Reply> {
    const { exchange, operation, routed, caller } = passage
    // Strangers are counted by address and by whom they claim to be, so that none can use up another's allowance.
    if (caller.kind === 'anonymous' || caller.kind === 'enrollment')
      limit(passage, `${exchange.address} ${claimedId(routed.body)}`)
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
      concerns(tenantId: string) {
        passage.tenantId = tenantId
      },
    } as unknown as Call<unknown, never>
    const handler = (contract.handlers as Record<string, (call: unknown) => Promise<Reply>>)[operation.operationId]!
    const key = operation.idempotent ? exchange.request.headers['idempotency-key'] : undefined
    if (key === undefined || passage.tenantId === undefined) return handler(call)
    const request = {
      tenantId: passage.tenantId,
      caller: callerName(caller),
      key: String(key),
      target: `${operation.method} ${exchange.path}`,
      body: call.body,
    }
    return once(services.db, request, db => handler({ ...call, db }))
  }

  /** Refuses a reply that the contract does not declare: the fault is ours, so the caller gets a 500 and the log the reason. */
  function check(operation: ServedOperation, reply: Reply, length: number): void {
    const validate = contract.validators.responses[operation.operationId]?.[reply.status]
    if (validate === undefined) {
      if (reply.body === undefined) return
      throw new Error(`${operation.operationId} answered ${reply.status}, which its contract does not declare`)
    }
    if ((length <= LARGE || config.checkLargeReplies) && !validate(reply.body)) {
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
      const text = reply.body === undefined ? undefined : JSON.stringify(reply.body)
      check(operation, reply, text?.length ?? 0)
      status = reply.status
      if (reply.undelivered !== undefined) takeBackIfLost(exchange, reply.undelivered)
      exchange.send(status, text, 'application/json', reply.headers)
    } catch (error) {
      failure = asApiError(error)
      if (failure.caller !== undefined) identify(passage, failure.caller)
      status = sendError(exchange, failure, operation)
    }
    account(passage, status, failure)
  }

  function sendError(exchange: Exchange, error: ApiError, operation: ServedOperation | undefined): number {
    const { status, body, contentType, headers } = contract.renderError(error, operation)
    exchange.send(status, JSON.stringify(body), contentType, { ...error.headers, ...headers })
    return status
  }

  function takeBackIfLost({ request, response }: Exchange, undelivered: () => Promise<void>): void {
    const lost = () =>
      undelivered().catch(error => log.error({ err: error }, 'could not take back an undelivered reply'))
    // The answer to a HEAD has no body, so what the body would have handed out is not taken.
    if (response.destroyed || request.method === 'HEAD') lost()
    else response.once('close', () => response.writableFinished || lost())
  }

  function account(
    { exchange, operation, routed, caller, tenantId }: Passage,
    status: number,
    failure: ApiError | undefined,
  ): void {
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
        body: routed.body,
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
    else log.info(line, failure === undefined ? 'request' : failure.message)
  }

  return (request, response) => {
    const exchange = new Exchange(request, response, config, services.draining)
    const { path, search } = exchange
    if (!isBelow(contract.mount, path)) return false
    const method = request.method!.toLowerCase()
    try {
      const route = router.find(method === 'head' ? 'get' : method, path.slice(contract.mount.length) || '/')
      if (route === undefined) {
        // What else is at the root, such as the docs, is not this contract's to refuse.
        if (contract.mount === '') return false
        throw new ApiError('notFound', 'no such path')
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
      const routed = { method, path, query, headers: request.headers, route } as unknown as RoutedRequest
      void serve({ exchange, operation: route.operation, routed, caller: ANONYMOUS, tenantId: undefined })
    } catch (error) {
      const failure = asApiError(error)
      const status = sendError(exchange, failure, undefined)
      log.info(
        { contract: contract.name, status, method: request.method, requestId: exchange.requestId },
        failure.message,
      )
    }
    return true
  }
}

const isBelow = (mount: string, path: string) => mount === '' || path === mount || path.startsWith(`${mount}/`)

function identify(passage: Passage, caller: Caller): void {
  passage.caller = caller
  if ('tenantId' in caller) passage.tenantId = caller.tenantId
}

function checkScopes(caller: Caller, required: string[]): void {
  const granted = caller.kind === 'client' ? caller.scopes : undefined
  const missing = required.find(scope => !granted?.has(scope))
  if (missing !== undefined)
    throw new ApiError('forbidden', `this needs the scope ${missing}`, { details: { scope: missing }, caller })
}

function checkHeaders({ rawHeaders, headers, httpVersion }: IncomingMessage): void {
  if (headers.host === undefined && httpVersion === '1.1') throw new ApiError('invalid', 'the header Host is missing')
  const seen: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!SINGLE_LENGTHS.has(rawHeaders[index]!.length)) continue
    const name = rawHeaders[index]!.toLowerCase()
    if (!SINGLE.has(name)) continue
    if (seen.includes(name)) throw new ApiError('invalid', `the header ${rawHeaders[index]} came twice`)
    seen.push(name)
  }
}

function readQuery(search: string, { lists }: ServedOperation): Record<string, unknown> {
  if (search === '') return {}
  if (search.includes('%00') || search.includes('\0')) throw new ApiError('invalid', 'NUL characters are not allowed')
  const query: Record<string, unknown> = { ...parseQuery(search) }
  for (const [name, kind] of lists) {
    const value = query[name]
    if (typeof value === 'string') query[name] = kind === 'comma' ? value.split(',') : [value]
  }
  return query
}

/** The identity that a request without a credential is about, as far as a limit needs it. */
function claimedId(body: unknown): string {
  const { device_id, client_id, sn, site_id } = (body ?? {}) as Record<string, unknown>
  return String(device_id ?? client_id ?? sn ?? site_id ?? '')
}

/** openapi-backend with our router and the precompiled validators in place of what it would build at start. */
class Backend extends OpenAPIBackend {
  constructor(contract: Contract, router: IndexedRouter) {
    super({
      definition: contract.document as never,
      validate: context => (context.operation as unknown as ServedOperation).status === 'implemented',
    })
    this.definition = contract.document as never
    this.router = router
    this.validator = new PrecompiledValidator(contract.validators.requests)
    this.initialized = true
  }
}

class PrecompiledValidator extends OpenAPIValidator {
  readonly #requests: Validators['requests']

  constructor(requests: Validators['requests']) {
    super({
      definition: { openapi: '3.1.0', info: { title: '', version: '' }, paths: {} } as never,
      lazyCompileValidators: true,
    })
    this.#requests = requests
  }

  /** Coercion and defaults change the request's own query and path objects, so there is nothing to parse again. */
  override validateRequest(request: unknown, operation: unknown): ValidationResult {
    const { route, query, headers, body } = request as RoutedRequest
    const subject = { path: route.params, query, header: headers, requestBody: body }
    for (const validate of this.#requests[(operation as ServedOperation).operationId] ?? []) {
      if (!validate(subject)) return { valid: false, errors: validate.errors! }
    }
    const error = infinite('path', route.params) ?? infinite('query', query as Record<string, unknown>)
    return error === undefined ? { valid: true, errors: null } : { valid: false, errors: [error] }
  }
}

/** `1e400` is coerced to infinity, which passes every bound of a number. */
function infinite(place: string, values: Record<string, unknown>): ErrorObject | undefined {
  const name = Object.keys(values).find(each => typeof values[each] === 'number' && !Number.isFinite(values[each]))
  if (name === undefined) return undefined
  return { keyword: 'type', instancePath: `/${place}/${name}`, schemaPath: '', params: {}, message: 'must be a number' }
}
