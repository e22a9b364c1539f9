import {
  type Exampled,
  type OpenApiDocument,
  type RequestBody,
  type Route,
  resolveReference,
  securityOf,
} from '../generate/documents.ts'

/** A request made of nothing but the contract's own examples. */
export interface ExampleRequest {
  method: string
  /** Path and query. */
  target: string
  headers: Record<string, string>
  body?: string
}

interface SecurityScheme {
  type: string
  scheme?: string
  in?: string
  name?: string
}

/** The least that the contract asks for, at its examples: required parameters, a credential's form, the first body. */
export function exampleRequest(
  document: OpenApiDocument,
  { path, method, operation, parameters }: Route,
): ExampleRequest {
  const headers = new Map<string, string>()
  const query = new URLSearchParams()
  let target = path
  for (const parameter of parameters) {
    const value = String(exampleOf(parameter) ?? '')
    if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encodeURIComponent(value))
    else if (!parameter.required) continue
    else if (parameter.in === 'query') query.set(parameter.name, value)
    else if (parameter.in === 'header') headers.set(parameter.name, value)
  }
  const schemes = (document.components?.securitySchemes ?? {}) as Record<string, SecurityScheme>
  for (const name of Object.keys(securityOf(document, operation)[0] ?? {}))
    addCredential(schemes[name]!, headers, query)

  const { content } = operation.requestBody
    ? resolveReference<RequestBody>(document, operation.requestBody)
    : { content: {} }
  const [media] = Object.entries(content)
  if (media !== undefined) headers.set('Content-Type', media[0])
  const search = query.size === 0 ? '' : `?${query}`
  return {
    method: method.toUpperCase(),
    target: `${target}${search}`,
    headers: Object.fromEntries(headers),
    ...(media === undefined ? {} : { body: encode(media[0], exampleOf(media[1])) }),
  }
}

/** The first example, which is the one that tools show. */
export function exampleOf({ example, examples }: Exampled): unknown {
  return example ?? Object.values(examples ?? {})[0]?.value
}

/** A credential of the right form: a mock looks no further. */
function addCredential(scheme: SecurityScheme, headers: Map<string, string>, query: URLSearchParams): void {
  if (scheme.type === 'apiKey' && scheme.in === 'query') query.set(scheme.name!, 'mock')
  else if (scheme.type === 'apiKey' && scheme.in === 'cookie') headers.set('Cookie', `${scheme.name}=mock`)
  else if (scheme.type === 'apiKey') headers.set(scheme.name!, 'mock')
  else if (scheme.scheme === 'basic') headers.set('Authorization', `Basic ${btoa('mock:mock')}`)
  else headers.set('Authorization', 'Bearer mock')
}

function encode(mediaType: string, value: unknown): string {
  if (mediaType === 'application/x-www-form-urlencoded')
    return new URLSearchParams(value as Record<string, string>).toString()
  return typeof value === 'string' && !/[/+]json$/.test(mediaType) ? value : JSON.stringify(value)
}
