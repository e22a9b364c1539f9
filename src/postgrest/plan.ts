import { emptyBody, restError } from './errors.ts'
import {
  appliedPreferences,
  checkProfile,
  type Format,
  type Preferences,
  parseAccept,
  parsePrefer,
  parseRange,
} from './parseHeaders.ts'
import { type Pair, type ParsedQuery, parseQuery, splitQuery } from './parseQuery.ts'
import { isObject, planRows } from './planRows.ts'
import {
  type OutputColumn,
  type ResolvedCondition,
  type ResolvedOrder,
  resolveCondition,
  resolveOrder,
  resolvePath,
  resolveSelect,
  resolveTarget,
} from './resolve.ts'
import type { Column, Parameter, Routine, Table } from './table.ts'

export type RestBody = { kind: 'json'; value: unknown; text: string } | { kind: 'csv'; text: string }

export interface RestRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** The query string as received, without its question mark. */
  search: string
  headers: Record<string, string | undefined>
  body?: RestBody
}

interface Common {
  output: OutputColumn[]
  format: Format
  preferences: Preferences
  /** `Preference-Applied` */
  applied: string | undefined
  /** Whether the statement needs a transaction: to look at what it did first, or to take it back in any case. */
  transaction: 'none' | 'check' | 'rollback'
}

export interface ReadPlan extends Common {
  kind: 'read'
  source: Table | RoutineCall
  conditions: ResolvedCondition[]
  order: ResolvedOrder[]
  limit: number | undefined
  offset: number
  /** Where the next page begins, when the answer can tell. */
  keyset: Keyset | undefined
}

/** A function with its arguments, as texts that Postgres reads. */
export interface RoutineCall {
  routine: Routine
  arguments: { parameter: Parameter; value: string | null }[]
}

export interface Keyset {
  /** What the order came to with the primary key behind it: no two rows are alike in all of it. */
  keys: ResolvedOrder[]
  after: (string | null)[] | undefined
  /** The query of the next page, but for where it begins. */
  search: string
}

export interface InsertPlan extends Common {
  kind: 'insert'
  table: Table
  columns: Column[]
  /** The rows as one JSON array; undefined when there are none. */
  rows: string | undefined
  conflict: { columns: Column[]; resolution: 'merge-duplicates' | 'ignore-duplicates' } | undefined
  /** Whether it may go together with others: one object, and nothing wanted but its being there. */
  isPlain: boolean
}

export interface ChangePlan extends Common {
  kind: 'update' | 'delete'
  table: Table
  /** What to set, and the object with the values; empty for a deletion. */
  columns: Column[]
  values: string
  conditions: ResolvedCondition[]
  order: ResolvedOrder[]
  limit: number | undefined
}

export type Plan = ReadPlan | InsertPlan | ChangePlan

/** Understands a request on a table or function. @throws ApiError with PostgREST's code for what cannot be meant */
export function planRequest(target: Table | Routine, request: RestRequest): Plan {
  const { method, headers, search } = request
  checkProfile(method === 'GET' ? headers['accept-profile'] : headers['content-profile'])
  const pairs = splitQuery(search)
  if (isRoutine(target)) return planCall(target, pairs, request)
  const query = parseQuery(pairs)
  if (method === 'GET') return planRead(target, query, headers, search)
  if (method === 'POST') return planInsert(target, query, request)
  return planChange(target, method === 'PATCH' ? 'update' : 'delete', query, request)
}

interface QueryBody {
  select?: string
  order?: string
  limit?: number
  offset?: number
  params?: Record<string, string | string[]>
}

/** `POST /<table>/query`: the same parameters as a GET, in a body that may be longer than a URL. */
export function planQuery(table: Table, { headers, body }: RestRequest): ReadPlan {
  checkProfile(headers['content-profile'])
  if (body?.kind !== 'json') throw emptyBody()
  const { params = {}, ...reserved } = body.value as QueryBody
  const pairs: Pair[] = [
    ...Object.entries(reserved).map(([name, value]): Pair => [name, String(value)]),
    ...Object.entries(params).flatMap(([name, value]) => [value].flat().map((text): Pair => [name, text])),
  ]
  return planRead(table, parseQuery(pairs), headers, undefined)
}

/** @param search where a next page can be named by a URL: the query string */
function planRead(
  source: Table | RoutineCall,
  query: ParsedQuery,
  headers: RestRequest['headers'],
  search: string | undefined,
): ReadPlan {
  const described = 'routine' in source ? source.routine : source
  const format = parseAccept(headers.accept)
  const preferences = parsePrefer(headers.prefer)
  const range = search === undefined ? { offset: 0, limit: undefined } : parseRange(headers)
  const limit = smallest(query.limit, range.limit === undefined ? undefined : range.limit - query.offset)
  const order = query.order.map(term => resolveOrder(described, term))
  const plan: ReadPlan = {
    kind: 'read',
    source,
    output: resolveSelect(described, query.select),
    format,
    preferences,
    applied: appliedPreferences(preferences, name => name === 'count' || name === 'handling'),
    transaction: 'none',
    conditions: query.conditions.map(condition => resolveCondition(described, condition)),
    order,
    limit,
    offset: query.offset + range.offset,
    keyset: undefined,
  }
  if (search !== undefined && limit !== undefined && limit > 0 && !format.singular && !('routine' in source))
    plan.keyset = planKeyset(
      source,
      order,
      query.after,
      nextSearch(search, query.limit === undefined ? limit : undefined),
    )
  if (query.after !== undefined && plan.keyset?.keys.length !== query.after.length)
    throw restError('PGRST100', '"failed to parse after" (line 1, column 1)', {
      details: 'after goes with the limit and the order of the page that named it',
    })
  if (plan.keyset !== undefined) plan.order = plan.keyset.keys
  return plan
}

const smallest = (one: number | undefined, other: number | undefined) =>
  other === undefined ? one : Math.max(0, Math.min(one ?? other, other))

/** The primary key behind the order makes it one in which a page has an end. Values of json have no order of ours. */
function planKeyset(
  table: Table,
  order: ResolvedOrder[],
  after: (string | null)[] | undefined,
  search: string,
): Keyset | undefined {
  if (order.some(({ path }) => path.steps.length > 0 || path.column.type === 'jsonb')) return undefined
  const named = new Set(order.map(({ path }) => path.column.name))
  const rest = table.primaryKey.filter(name => !named.has(name))
  const tieBreakers = rest.map(column =>
    resolveOrder(table, { path: { column, steps: [] }, descending: false, nullsFirst: undefined }),
  )
  return { keys: [...order, ...tieBreakers], after, search }
}

/** The query string without the place of this page, and with the limit where a header gave it. */
function nextSearch(search: string, limit: number | undefined): string {
  const kept = search.split('&').filter(part => part !== '' && !/^(?:after|offset)(?:=|$)/.test(part))
  return [...kept, ...(limit === undefined ? [] : [`limit=${limit}`])].join('&')
}

function planCall(routine: Routine, pairs: Pair[], { method, headers, body, search }: RestRequest): ReadPlan {
  const fromQuery = method === 'GET'
  const query = parseQuery(pairs, name => fromQuery && routine.parameters.has(name))
  const given: Record<string, unknown> = fromQuery ? Object.fromEntries(query.arguments) : argumentsOf(body)
  const unknown = Object.keys(given).find(name => !routine.parameters.has(name))
  if (unknown !== undefined) throw noSuchFunction(routine, Object.keys(given))
  const call: RoutineCall = {
    routine,
    arguments: Object.entries(given).map(([name, value]) => ({
      parameter: routine.parameters.get(name)!,
      value: value === null ? null : textOf(value),
    })),
  }
  return planRead(call, query, headers, search)
}

function argumentsOf(body: RestBody | undefined): Record<string, unknown> {
  if (body === undefined) return {}
  if (body.kind !== 'json' || !isObject(body.value)) throw emptyBody()
  return body.value
}

/** An argument as Postgres reads it: a list as `{a,b}`, anything else as its text. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return arrayLiteral(value.map(item => (item === null ? null : textOf(item))))
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** An array as Postgres reads it, every member in quotes. */
export const arrayLiteral = (values: (string | null)[]): string =>
  `{${values.map(value => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`

function noSuchFunction({ schema, name, parameters }: Routine, given: string[]) {
  return restError(
    'PGRST202',
    `Could not find the function ${schema}.${name}(${given.sort().join(', ')}) in the schema cache`,
    {
      details: `Searched for the function ${schema}.${name} with parameters ${given.join(', ')}, but no matches were found in the schema cache.`,
      hint: `Perhaps you meant to call the function ${schema}.${name}(${[...parameters.keys()].sort().join(', ')})`,
    },
  )
}

function planInsert(table: Table, query: ParsedQuery, { headers, body }: RestRequest): InsertPlan {
  const format = parseAccept(headers.accept)
  const preferences = parsePrefer(headers.prefer)
  const { names, rows, isObject: single } = planRows(body, query.columns)
  const resolution = preferences.resolution
  const conflict = query.onConflict ?? (resolution === undefined ? undefined : [...table.primaryKey])
  const plan: InsertPlan = {
    kind: 'insert',
    table,
    columns: names.map(name => resolveTarget(table, name)),
    rows,
    conflict:
      resolution === undefined
        ? undefined
        : { columns: conflict!.map(name => resolvePath(table, { column: name, steps: [] }).column), resolution },
    output: resolveSelect(table, query.select),
    format,
    preferences,
    applied: appliedPreferences(preferences, name => name !== 'max-affected'),
    transaction: transactionOf(preferences, format),
    isPlain: false,
  }
  plan.isPlain =
    single &&
    !wantsRows(preferences) &&
    preferences.return !== 'headers-only' &&
    preferences.count === undefined &&
    plan.conflict === undefined &&
    query.columns === undefined &&
    plan.transaction === 'none'
  return plan
}

function planChange(
  table: Table,
  kind: 'update' | 'delete',
  query: ParsedQuery,
  { headers, body }: RestRequest,
): ChangePlan {
  const format = parseAccept(headers.accept)
  const preferences = parsePrefer(headers.prefer)
  const values = kind === 'delete' ? {} : changesOf(body)
  const names = query.columns ?? Object.keys(values)
  if (query.conditions.length === 0)
    throw restError('21000', `${kind.toUpperCase()} requires a WHERE clause`, {
      hint: 'Add a filter; one that is always true changes every row.',
    })
  return {
    kind,
    table,
    columns: kind === 'delete' ? [] : names.map(name => resolveTarget(table, name)),
    values: body?.kind === 'json' && !Array.isArray(body.value) ? body.text : JSON.stringify(values),
    conditions: query.conditions.map(condition => resolveCondition(table, condition)),
    order: query.order.map(term => resolveOrder(table, term)),
    limit: query.limit,
    output: resolveSelect(table, query.select),
    format,
    preferences,
    applied: appliedPreferences(
      preferences,
      name =>
        name !== 'resolution' && name !== 'missing' && (name !== 'max-affected' || preferences.handling === 'strict'),
    ),
    transaction: transactionOf(preferences, format),
  }
}

function changesOf(body: RestBody | undefined): Record<string, unknown> {
  if (body?.kind !== 'json') throw emptyBody()
  const value = Array.isArray(body.value) && body.value.length === 1 ? body.value[0] : body.value
  if (!isObject(value)) throw emptyBody()
  return value
}

/** What a write may still have to be taken back for. */
function transactionOf(preferences: Preferences, format: Format): Common['transaction'] {
  if (preferences.tx === 'rollback') return 'rollback'
  const limited = preferences.handling === 'strict' && preferences['max-affected'] !== undefined
  return limited || format.singular ? 'check' : 'none'
}

export const wantsRows = ({ return: wanted }: Preferences): boolean => wanted === 'representation'
const isRoutine = (target: Table | Routine): target is Routine => 'parameters' in target
