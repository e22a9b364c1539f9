import { restError } from './errors.ts'
import { type Condition, parseFilter, parseLogic } from './parseFilter.ts'
import { type OrderTerm, parseNames, parseOrder, parseSelect, type SelectItem } from './parseSelect.ts'

export type Pair = [name: string, value: string]

/** A query string, understood but not yet compared with any table. */
export interface ParsedQuery {
  select: SelectItem[]
  conditions: Condition[]
  order: OrderTerm[]
  limit: number | undefined
  offset: number
  columns: string[] | undefined
  onConflict: string[] | undefined
  /** Where the page before ended: the values of the order's keys. Ours. */
  after: (string | null)[] | undefined
  /** What remains: the arguments of a function, where it has parameters of these names. */
  arguments: Pair[]
}

const LOGIC = /^(not\.)?(and|or)$/

/** Names and values in their order; `+` and `%20` are a space. @throws PGRST100 for what is no percent-encoding */
export function splitQuery(search: string): Pair[] {
  return search
    .split('&')
    .filter(part => part !== '')
    .map(part => {
      const equals = part.indexOf('=')
      return equals === -1 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
    })
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw restError('PGRST100', 'the query string is not valid percent-encoding')
  }
}

/** @param isArgument tells the parameters of a function from filters */
export function parseQuery(pairs: Pair[], isArgument: (name: string) => boolean = () => false): ParsedQuery {
  const query: ParsedQuery = {
    select: ['*'],
    conditions: [],
    order: [],
    limit: undefined,
    offset: 0,
    columns: undefined,
    onConflict: undefined,
    after: undefined,
    arguments: [],
  }
  for (const [name, value] of pairs) {
    if (isArgument(name)) query.arguments.push([name, value])
    else if (!takeReserved(query, name, value)) query.conditions.push(parseCondition(name, value))
  }
  return query
}

function takeReserved(query: ParsedQuery, name: string, value: string): boolean {
  switch (name) {
    case 'select':
      query.select = parseSelect(value)
      return true
    case 'order':
      if (value !== '') query.order = parseOrder(value)
      return true
    case 'limit':
      query.limit = parseLimit(value)
      return true
    case 'offset':
      query.offset = Math.max(0, parseInteger(name, value))
      return true
    case 'columns':
      if (value !== '') query.columns = parseNames(value, 'columns parameter')
      return true
    case 'on_conflict':
      if (value !== '') query.onConflict = parseNames(value, 'on_conflict parameter')
      return true
    case 'after':
      query.after = parseAfter(value)
      return true
  }
  return false
}

function parseCondition(name: string, value: string): Condition {
  const logic = LOGIC.exec(name)
  if (logic !== null) return parseLogic(logic[2] as 'and' | 'or', logic[1] !== undefined, value)
  return parseFilter(name, value)
}

function parseLimit(text: string): number {
  const limit = parseInteger('limit', text)
  if (limit < 0)
    throw restError('PGRST103', 'Requested range not satisfiable', {
      details: 'Limit should be greater than or equal to zero.',
    })
  return limit
}

function parseInteger(name: string, text: string): number {
  if (!/^-?\d{1,15}$/.test(text))
    throw restError('PGRST100', `"failed to parse ${name} (${text})" (line 1, column 1)`, {
      details: 'expecting a whole number',
    })
  return Number(text)
}

/** A JSON array of texts and nulls. */
function parseAfter(text: string): (string | null)[] {
  try {
    const values: unknown = JSON.parse(text)
    if (Array.isArray(values) && values.every(value => value === null || typeof value === 'string')) return values
  } catch {
    // The same as another wrong value.
  }
  throw restError('PGRST100', '"failed to parse after" (line 1, column 1)', {
    details: 'expecting what the link to the next page gave',
  })
}
