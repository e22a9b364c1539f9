import type { Route } from '../../tools/generate/documents.ts'
import { exampleOf } from '../../tools/mock/exampleRequest.ts'
import type { Answer } from './judge.ts'

/** A request in parts, so that one of them can be changed. */
export interface Draft {
  route: Route
  /** Where it goes, for example `http://127.0.0.1:8080`, with the path that the contract is mounted at. */
  origin: string
  path: Record<string, string>
  query: Record<string, string>
  headers: Record<string, string>
  /** A value, sent in the form that Content-Type says; text is sent as it is. */
  body: unknown
}

/** A request at the contract's examples. Optional parameters are left out. */
export function draftOf(route: Route, contentType: string | undefined, example: string): Draft {
  const isPath = ({ in: place }: { in: string }) => place === 'path'
  return {
    route,
    origin: '',
    path: Object.fromEntries(route.parameters.filter(isPath).map(each => [each.name, String(exampleOf(each))])),
    query: {},
    headers: contentType === undefined ? {} : { 'Content-Type': contentType },
    body: contentType === undefined ? undefined : readExample(route, contentType, example),
  }
}

/** Dredd knows examples of JSON only; for a form, the JSON one has the same fields. */
function readExample(route: Route, contentType: string, example: string): unknown {
  if (example !== '') return JSON.parse(example)
  const { content } = route.operation.requestBody as { content: Record<string, object> }
  return structuredClone(exampleOf(content[contentType]!))
}

/** Path and query. */
export function targetOf({ origin, route, path, query }: Draft): string {
  const filled = Object.entries(path).reduce(
    (target, [name, value]) => target.replace(`{${name}}`, encodeURIComponent(value)),
    route.path,
  )
  const search = new URLSearchParams(query).toString()
  const mount = new URL(origin).pathname.replace(/\/$/, '')
  return `${mount}${filled}${search === '' ? '' : `?${search}`}`
}

export function encodeBody({ body, headers }: Draft): string | undefined {
  if (body === undefined || typeof body === 'string') return body
  if (headers['Content-Type'] === 'application/x-www-form-urlencoded')
    return new URLSearchParams(body as Record<string, string>).toString()
  return JSON.stringify(body)
}

/** Sends the draft without Dredd. */
export async function send(draft: Draft): Promise<Answer> {
  const body = encodeBody(draft)
  const response = await fetch(new URL(targetOf(draft), draft.origin), {
    method: draft.route.method.toUpperCase(),
    headers: draft.headers,
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
}
