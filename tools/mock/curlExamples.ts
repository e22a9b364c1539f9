import { listRoutes, type Route, securityOf } from '../generate/documents.ts'
import type { MockedContract } from './contracts.ts'
import { exampleRequest } from './exampleRequest.ts'

/** A request that the start screen shows. */
export interface CurlExample {
  url: string
  headers: Record<string, string>
  /** What comes back. */
  status: number
}

/** Up to three reads of a contract: a plain one (open to anybody if there is one), one of a thing by its id, and an error that is asked for. */
export function curlExamples(url: string, { name, document }: MockedContract): CurlExample[] {
  const reads = listRoutes(document).filter(
    ({ method, operation }) => method === 'get' && operation['x-status'] !== 'not-implemented',
  )
  const plain = reads.filter(({ path }) => !path.includes('{'))
  const list = plain.find(({ operation }) => securityOf(document, operation).length === 0) ?? plain[0]
  const one = reads.find(({ path }) => path.includes('{'))
  const show = (route: Route, status: number): CurlExample => {
    const { target, headers } = exampleRequest(document, route)
    const prefer: Record<string, string> = status === 200 ? {} : { Prefer: `code=${status}` }
    return { url: `${url}/${name}${target}`, headers: { ...headers, ...prefer }, status }
  }
  return [
    ...(list === undefined ? [] : [show(list, 200)]),
    ...(one === undefined ? [] : [show(one, 200)]),
    ...(one?.operation.responses['404'] === undefined ? [] : [show(one, 404)]),
  ]
}

/** The example as a line to paste into a shell. */
export function renderCurl({ url, headers }: CurlExample): string {
  const options = Object.entries(headers).map(([header, value]) => `-H '${header}: ${value}'`)
  return ['curl', ...options, `'${url}'`].join(' ')
}
