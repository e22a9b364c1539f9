import type { ErrorObject, ValidateFunction } from 'ajv'
import { OpenAPIBackend, OpenAPIValidator, type ValidationResult } from 'openapi-backend'
import type { Document, IndexedRouter, RoutedRequest, ServedOperation } from './router.ts'

/** The generated validators.js of a contract. */
export interface Validators {
  requests: Record<string, ValidateFunction[]>
  responses: Record<string, Record<string, ValidateFunction>>
}

/** openapi-backend with our router and the precompiled validators in place of what it would build at start. */
export class Backend extends OpenAPIBackend {
  constructor(document: Document, validators: Validators, router: IndexedRouter) {
    super({
      definition: document as never,
      validate: context => (context.operation as unknown as ServedOperation).status === 'implemented',
    })
    this.definition = document as never
    this.router = router
    this.validator = new PrecompiledValidator(validators.requests)
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
    const { route, query, headers, body, verbatim } = request as RoutedRequest
    const subject = { path: route.params, query, header: headers, requestBody: body }
    const checks = this.#requests[(operation as ServedOperation).operationId] ?? []
    // The last one is the body's, and a body that is no JSON has no schema.
    for (const validate of verbatim ? checks.slice(0, -1) : checks) {
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
