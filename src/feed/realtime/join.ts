import { ApiError } from '../../errors.ts'
import type { Table } from '../../postgrest/table.ts'
import type { Binding } from './bindings.ts'
import { compilePredicate } from './predicate.ts'

/** What a client asks for in the payload of `phx_join`, as far as it matters here. */
export interface JoinRequest {
  /** As they came; the reply repeats them, because the client compares. */
  asked: Record<string, unknown>[]
  /** Whether the reply waits until changes arrive, and for how long, in milliseconds. */
  wait: number | undefined
  /** The position after which the client wants all changes. */
  since: string | undefined
  accessToken: string | undefined
}

const MOST_BINDINGS = 100
const WAIT = 15_000
const LONGEST_WAIT = 60_000

/** @throws ApiError for what is no join */
export function readJoin(payload: Record<string, unknown>): JoinRequest {
  const config = objectAt(payload, 'config') ?? {}
  const asked = config.postgres_changes ?? []
  if (!Array.isArray(asked) || !asked.every(isObject)) throw wrong('postgres_changes must be a list of objects')
  if (asked.length > MOST_BINDINGS) throw wrong(`a channel may have at most ${MOST_BINDINGS} postgres_changes`)
  const { since } = config
  if (since !== undefined && since !== null && !(typeof since === 'string' && POSITION.test(since)))
    throw wrong('since must be a commit_lsn')
  const options = objectAt(config, 'postgres_changes_options')
  const timeout = typeof options?.timeout === 'number' ? Math.min(Math.max(options.timeout, 0), LONGEST_WAIT) : WAIT
  const { access_token } = payload
  return {
    asked,
    wait: options?.wait === true ? timeout : undefined,
    since: typeof since === 'string' ? since : undefined,
    accessToken: typeof access_token === 'string' && access_token !== '' ? access_token : undefined,
  }
}

const POSITION = /^[0-9A-F]{8}\/[0-9A-F]{8}:\d{8}$/
const EVENTS = new Set(['*', 'INSERT', 'UPDATE', 'DELETE'])
const SCHEMAS = new Set([undefined, '*', 'public', 'flux'])

/** @throws ApiError for a table, schema, event or filter that there is not */
export function readBinding<Owner>(
  tables: Record<string, Table>,
  owner: Owner,
  id: number,
  { event = '*', schema, table, filter }: Record<string, unknown>,
): Binding<Owner>[] {
  const kind = String(event).toUpperCase()
  if (!EVENTS.has(kind)) throw wrong(`there is no event "${event}"`)
  if (!SCHEMAS.has(schema as string | undefined)) throw wrong(`there is no schema "${schema}"`)
  const all = table === undefined || table === null || table === '*'
  const name = all ? undefined : String(table)
  if (name !== undefined && !Object.hasOwn(tables, name)) throw wrong(`relation "flux.${name}" does not exist`)
  if (filter != null && typeof filter !== 'string') throw wrong('a filter is a text')
  const wanted = name === undefined ? Object.values(tables) : [tables[name]!]
  return wanted.map(each => ({
    owner,
    id,
    event: kind as Binding<Owner>['event'],
    table: each.name,
    predicate: compilePredicate(each, (filter as string | null) ?? undefined),
  }))
}

function objectAt(value: Record<string, unknown>, name: string): Record<string, unknown> | undefined {
  const member = value[name]
  if (member === undefined || member === null) return undefined
  if (!isObject(member)) throw wrong(`${name} must be an object`)
  return member
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const wrong = (message: string) => new ApiError('invalid', message)
