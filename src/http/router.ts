import { OpenAPIRouter, type Operation, type ParsedRequest, type Request } from 'openapi-backend'
import { ApiError } from '../errors.ts'

/** The parts of an operation that serving it needs, beyond what openapi-backend types. */
export interface ServedOperation {
  operationId: string
  path: string
  method: string
  security: Record<string, string[]>[]
  status: 'implemented' | 'not-implemented'
  rateLimit: string
  /** Media types of the request body, empty where there is none. */
  mediaTypes: string[]
  /** Query parameters that are lists: split at commas (`explode: false`) or repeated. */
  lists: Map<string, 'comma' | 'repeat'>
  idempotent: boolean
  /** Set where a body may be any bytes: the most that it may have. Its handler reads it. */
  bodyLimit: number | undefined
  /**
   * What the audit log keeps of it when an operator or a user of the board calls: `action`, a row that is written in the handler's transaction;
   * `command`, the row that comes with the command or call that it queues.
   */
  audit: 'action' | 'command' | undefined
}

/** An operation that a method and path lead to, with the path's parameters still as text. */
export interface Route {
  operation: ServedOperation
  params: Record<string, string>
}

/** What `contract.ts` hands to openapi-backend instead of Node's request. */
export interface RoutedRequest extends Request {
  route: Route
  /** Whether the body is text that stays as it is. */
  verbatim: boolean
}

interface Node {
  children: Map<string, Node>
  parameter?: { name: string; node: Node }
  operations?: Map<string, ServedOperation>
}

/**
 * openapi-backend's router with an index. The original builds every path's regular expression anew for each request
 * and parses the request three times; here a path is walked once, segment by segment, static before parameter.
 */
export class IndexedRouter extends OpenAPIRouter {
  readonly operations: ServedOperation[]
  readonly #root: Node = { children: new Map() }

  constructor(document: Document) {
    super({ definition: document as never })
    this.operations = [...served(document)]
    for (const operation of this.operations) this.#add(operation)
  }

  /** The route for a method and path, the allowed methods when only the method is wrong, or undefined. */
  find(method: string, path: string): Route | { allow: string[] } | undefined {
    const params: Record<string, string> = {}
    let node: Node | undefined = this.#root
    for (const segment of segments(path)) {
      const next: Node | undefined = node.children.get(segment)
      if (next !== undefined) node = next
      else if (node.parameter !== undefined && segment !== '') {
        params[node.parameter.name] = decode(segment)
        node = node.parameter.node
      } else return undefined
    }
    if (node.operations === undefined) return undefined
    const operation = node.operations.get(method)
    if (operation !== undefined) return { operation, params }
    const allow = [...node.operations.keys()].map(name => name.toUpperCase())
    if (allow.includes('GET')) allow.push('HEAD')
    return { allow: [...allow, 'OPTIONS'] }
  }

  override matchOperation(request: Request): Operation {
    return (request as RoutedRequest).route.operation as never
  }

  override parseRequest(request: Request): ParsedRequest {
    const { route, method, path, headers, query, body } = request as RoutedRequest
    return { method, path, headers, query, params: route.params, cookies: {}, requestBody: body }
  }

  #add(operation: ServedOperation): void {
    let node = this.#root
    for (const segment of segments(operation.path)) {
      const name = /^\{(.+)\}$/.exec(segment)?.[1]
      if (name !== undefined) {
        node.parameter ??= { name, node: { children: new Map() } }
        node = node.parameter.node
      } else {
        const child: Node = node.children.get(segment) ?? { children: new Map() }
        node.children.set(segment, child)
        node = child
      }
    }
    node.operations ??= new Map()
    node.operations.set(operation.method, operation)
  }
}

function segments(path: string): string[] {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(1, -1) : path.slice(1)
  return trimmed.split('/')
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment
  if (segment.includes('%00')) throw new ApiError('invalid', 'NUL characters are not allowed')
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new ApiError('invalid', 'the path is not valid percent-encoding')
  }
}

/** An OpenAPI document as far as the router reads it. */
export interface Document {
  info: { title: string; version: string }
  paths?: Record<string, Record<string, unknown>>
  components?: { parameters?: Record<string, Parameter> }
  security?: Record<string, string[]>[]
}

interface Parameter {
  $ref?: string
  name: string
  in: string
  explode?: boolean
  schema?: { type?: string }
}

interface OperationObject {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, unknown> }
  security?: Record<string, string[]>[]
  'x-status'?: ServedOperation['status']
  'x-rate-limit'?: string
  'x-body-limit'?: number
  'x-audit'?: ServedOperation['audit']
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch'])

function* served(document: Document): Generator<ServedOperation> {
  const resolve = (parameter: Parameter) =>
    parameter.$ref === undefined ? parameter : document.components!.parameters![parameter.$ref.split('/').at(-1)!]!
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, value] of Object.entries(item)) {
      if (!METHODS.has(method)) continue
      const operation = value as OperationObject
      const parameters = (operation.parameters ?? []).map(resolve)
      const lists = parameters.filter(parameter => parameter.in === 'query' && parameter.schema?.type === 'array')
      yield {
        operationId: operation.operationId,
        path,
        method,
        security: operation.security ?? document.security ?? [],
        status: operation['x-status'] ?? 'implemented',
        rateLimit: operation['x-rate-limit'] ?? 'none',
        audit: operation['x-audit'],
        mediaTypes: Object.keys(operation.requestBody?.content ?? {}),
        lists: new Map(lists.map(({ name, explode }) => [name, explode === false ? 'comma' : 'repeat'])),
        idempotent: parameters.some(({ name }) => name.toLowerCase() === 'idempotency-key'),
        bodyLimit: operation['x-body-limit'],
      }
    }
  }
}
