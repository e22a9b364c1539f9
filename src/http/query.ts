import { parse } from 'node:querystring'
import { ApiError } from '../errors.ts'
import type { ServedOperation } from './router.ts'

/** The query string by name, with lists as arrays. @throws invalid for NUL characters */
export function readQuery(search: string, { lists }: ServedOperation): Record<string, unknown> {
  if (search === '') return {}
  if (search.includes('%00') || search.includes('\0')) throw new ApiError('invalid', 'NUL characters are not allowed')
  const query: Record<string, unknown> = { ...parse(search) }
  for (const [name, kind] of lists) {
    const value = query[name]
    if (typeof value === 'string') query[name] = kind === 'comma' ? value.split(',') : [value]
  }
  return query
}
