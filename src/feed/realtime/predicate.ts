import { restError } from '../../postgrest/errors.ts'
import { type Filter, parseFilterList } from '../../postgrest/parseFilter.ts'
import type { Column, ColumnType, Table } from '../../postgrest/table.ts'

type Row = Record<string, unknown>
/** As in SQL: undefined where a null makes it unknown. */
type Test = (value: unknown) => boolean | undefined

/** A filter of a subscription, ready to be asked of each change. */
export interface Predicate {
  /** What a row must equal at least, for an index; undefined when the filter does not say. */
  equals: { column: string; value: string } | undefined
  matches(row: Row): boolean
}

/** @throws ApiError in PostgREST's words for a filter that no row can be asked */
export function compilePredicate(table: Table, text: string | undefined): Predicate {
  const filters = text === undefined || text === '' ? [] : parseFilterList(text)
  const tests = filters.map(filter => ({ name: filter.path.column, test: compile(table, filter) }))
  const equal = filters.find(({ operator, negated, path }) => operator === 'eq' && !negated && INDEXED.has(path.column))
  return {
    equals: equal && {
      column: equal.path.column,
      value: keyOf(read(table.columns.get(equal.path.column)!, equal.value)),
    },
    matches: row => tests.every(({ name, test }) => test(row[name]) === true),
  }
}

/** Columns whose equality an index of subscriptions is made of. */
const INDEXED = new Set(['device_id', 'id', 'site', 'type'])
/** The same value of such a column has the same key, as it stands in a filter and in a row. */
export const keyOf = (value: unknown) => String(value).trim().toLowerCase()

function compile(table: Table, filter: Filter): Test {
  const { path, operator, negated, value, values, quantifier } = filter
  const column = table.columns.get(path.column)
  if (column === undefined) throw restError('42703', `column ${table.name}.${path.column} does not exist`)
  if (path.steps.length > 0 || quantifier !== undefined) throw unsupported('json paths and quantifiers')
  const test = operator === 'in' ? among(column, values!) : compare(column, operator, value)
  return negated ? given => negate(test(given)) : test
}

const negate = (answer: boolean | undefined) => (answer === undefined ? undefined : !answer)

function among(column: Column, values: string[]): Test {
  const keys = new Set(values.map(value => read(column, value)))
  return given => (given == null ? undefined : keys.has(readRow(column, given)))
}

function compare(column: Column, operator: Filter['operator'], value: string): Test {
  if (operator === 'is') return isTest(value)
  if (operator === 'like' || operator === 'ilike') {
    if (column.type !== 'text') throw unsupported(`${operator} on ${column.type}`)
    const fold = operator === 'like' ? (text: string) => text : (text: string) => text.toLowerCase()
    const pattern = fold(value).replaceAll('*', '%')
    return given => (given == null ? undefined : like(fold(String(given)), pattern))
  }
  const wanted = read(column, value)
  const ordered =
    (holds: (given: Comparable) => boolean): Test =>
    given =>
      given == null ? undefined : holds(readRow(column, given))
  switch (operator) {
    case 'eq':
      return ordered(given => given === wanted)
    case 'neq':
      return ordered(given => given !== wanted)
    case 'gt':
      return ordered(given => given > wanted)
    case 'gte':
      return ordered(given => given >= wanted)
    case 'lt':
      return ordered(given => given < wanted)
    case 'lte':
      return ordered(given => given <= wanted)
    case 'isdistinct':
      return given => given == null || readRow(column, given) !== wanted
  }
  throw unsupported(`the operator ${operator}`)
}

function isTest(word: string): Test {
  if (word === 'null' || word === 'unknown') return given => given == null
  if (word === 'not_null') return given => given != null
  return given => given === (word === 'true')
}

const unsupported = (what: string) => restError('PGRST100', `${what}: a subscription cannot filter by it`)

type Comparable = string | number | boolean

const FORMS: Partial<Record<ColumnType, { read: (text: string) => Comparable | undefined }>> = {
  uuid: { read: text => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined) },
  timestamptz: { read: readInstant },
  float8: { read: readNumber },
  int2: { read: readNumber },
  int4: { read: readNumber },
  text: { read: text => text },
  bool: { read: text => ({ true: true, t: true, false: false, f: false })[text.toLowerCase()] },
}

/** The value of a filter, as Postgres would read it for the column. */
function read({ type }: Column, text: string): Comparable {
  const form = FORMS[type]
  if (form === undefined) throw unsupported(`a column of type ${type}`)
  const value = form.read(text)
  if (value === undefined) throw restError('22P02', `invalid input syntax for type ${type}: "${text}"`)
  return value
}

/** The value of a row, which comes as text where JavaScript has no type for it. */
function readRow({ type }: Column, value: unknown): Comparable {
  return typeof value === 'string' ? FORMS[type]!.read(value)! : (value as Comparable)
}

function readNumber(text: string): number | undefined {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? undefined : number
}

/** Microseconds since 1970: a number holds them exactly for the next two centuries. */
function readInstant(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(
    text.trim(),
  )
  if (match === null) return undefined
  const [, day, time = '00:00:00', fraction = '', zone = 'Z'] = match
  const offset = zone.length === 3 ? `${zone}:00` : zone
  const seconds = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${offset}`)
  return Number.isNaN(seconds) ? undefined : seconds * 1000 + Number(fraction.padEnd(6, '0'))
}

/** SQL's LIKE, with `\` before a character that stands for itself; never looks twice at what one `%` has passed. */
export function like(text: string, pattern: string): boolean {
  let at = 0
  let place = 0
  let star = -1
  let mark = 0
  while (at < text.length) {
    const escaped = pattern[place] === '\\' && place + 1 < pattern.length
    const wanted = escaped ? pattern[place + 1] : pattern[place]
    if (!escaped && wanted === '%') {
      star = place++
      mark = at
    } else if (place < pattern.length && (wanted === text[at] || (!escaped && wanted === '_'))) {
      at++
      place += escaped ? 2 : 1
    } else if (star !== -1) {
      place = star + 1
      at = ++mark
    } else return false
  }
  while (pattern[place] === '%') place++
  return place >= pattern.length
}
