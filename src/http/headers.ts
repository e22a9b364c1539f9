import type { IncomingMessage } from 'node:http'
import { ApiError } from '../errors.ts'

/** Headers that must not come twice: which one counts would be a guess. */
const SINGLE = new Set(['authorization', 'content-type', 'idempotency-key', 'content-length', 'host'])
const SINGLE_LENGTHS = new Set([...SINGLE].map(name => name.length))

/** @throws invalid for a request without Host, or with two of what there may be one of */
export function checkHeaders({ rawHeaders, headers, httpVersion }: IncomingMessage): void {
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
