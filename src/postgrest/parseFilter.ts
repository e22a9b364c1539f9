import { restError } from './errors.ts'
import { type Path, parsePath } from './parsePath.ts'
import { Scanner } from './scanner.ts'

export type Operator =
  | 'eq'
  | 'neq'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'like'
  | 'ilike'
  | 'match'
  | 'imatch'
  | 'in'
  | 'is'
  | 'isdistinct'
  | 'fts'
  | 'plfts'
  | 'phfts'
  | 'wfts'
  | 'cs'
  | 'cd'
  | 'ov'
  | 'sl'
  | 'sr'
  | 'nxr'
  | 'nxl'
  | 'adj'

export const IS_WORDS = ['null', 'not_null', 'true', 'false', 'unknown'] as const
export type IsWord = (typeof IS_WORDS)[number]

export interface Filter {
  kind: 'filter'
  path: Path
  negated: boolean
  operator: Operator
  /** `op(any)` or `op(all)`: the value is an array, as Postgres writes one. */
  quantifier?: 'any' | 'all'
  /** Of a full-text search: the configuration. */
  language?: string
  value: string
  /** Of `in`. */
  values?: string[]
}

export interface Logic {
  kind: 'and' | 'or'
  negated: boolean
  members: Condition[]
}

export type Condition = Filter | Logic

/** How deep `and` and `or` may be nested. */
export const DEPTH = 32

const OPERATOR =
  /(?:eq|neq|gte|gt|lte|lt|like|ilike|match|imatch|in|isdistinct|is|fts|plfts|phfts|wfts|cs|cd|ov|sl|sr|nxr|nxl|adj)(?=[.(])/y
const EXPECTED = 'operator (eq, gt, ...)'
const QUANTIFIED = new Set<Operator>(['eq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'match', 'imatch'])
const SEARCHES = new Set<Operator>(['fts', 'plfts', 'phfts', 'wfts'])

/** A filter of the query string: `name=not.op.value`, where all that follows the operator is data. */
export function parseFilter(name: string, text: string): Filter {
  const names = new Scanner(name, 'tree path')
  const path = parsePath(names)
  names.end()
  const scanner = new Scanner(text, 'filter')
  const head = parseOperator(scanner)
  if (head.operator === 'in') {
    const values = parseList(scanner)
    scanner.end()
    return { ...head, path, value: '', values }
  }
  const value = scanner.rest
  if (head.operator === 'is') return { ...head, path, value: isWord(scanner, value) }
  return { ...head, path, value }
}

/** `or=(a.eq.1,and(b.gt.2,not.c.is.null))`; within, `and=(...)` is the same as `and(...)`. */
export function parseLogic(kind: 'and' | 'or', negated: boolean, text: string): Logic {
  const scanner = new Scanner(text, 'logic tree')
  const members = parseMembers(scanner, 1)
  scanner.end()
  return { kind, negated, members }
}

function parseMembers(scanner: Scanner, depth: number): Condition[] {
  if (depth > DEPTH) throw restError('PGRST100', `logic trees may be nested at most ${DEPTH} deep`)
  scanner.spaces()
  scanner.expect('(')
  const members: Condition[] = []
  do {
    scanner.spaces()
    members.push(parseMember(scanner, depth))
    scanner.spaces()
  } while (scanner.take(','))
  scanner.expect(')')
  return members
}

function parseMember(scanner: Scanner, depth: number): Condition {
  const start = scanner.position
  const negated = scanner.take('not.')
  const kind = scanner.match(/(?:and|or)(?= *=? *\()/y) as 'and' | 'or' | ''
  if (kind !== '') {
    scanner.match(/ *=?/y)
    return { kind, negated, members: parseMembers(scanner, depth + 1) }
  }
  scanner.position = start
  const path = parsePath(scanner)
  scanner.expect('.')
  const head = parseOperator(scanner)
  if (head.operator === 'in') return { ...head, path, value: '', values: parseList(scanner) }
  const value = parseMemberValue(scanner)
  return { ...head, path, value: head.operator === 'is' ? isWord(scanner, value) : value }
}

/** In a tree a value ends at a comma or parenthesis, unless it is quoted, an array, a range or an object. */
function parseMemberValue(scanner: Scanner): string {
  if (scanner.peek() === '"') return scanner.quoted()
  if (scanner.peek() === '{' || scanner.peek() === '[') return parseBracketed(scanner)
  return scanner.match(/[^,()]*/y).trimEnd()
}

/** Takes `{...}` or `[...)` whole, with what is quoted or nested in it. */
function parseBracketed(scanner: Scanner): string {
  const start = scanner.position
  let depth = 0
  do {
    const token = scanner.match(/"(?:[^"\\]|\\.)*"|[^"{}[\]()]+|[{}[\]()]/sy)
    if (token === '') throw scanner.unexpected('"}"')
    if (token === '{' || token === '[' || token === '(') depth++
    else if (token === '}' || token === ']' || token === ')') depth--
  } while (depth > 0)
  return scanner.text.slice(start, scanner.position)
}

/** `a=eq.1,b=in.(2,3)`: filters that hold together, as realtime has them. */
export function parseFilterList(text: string): Filter[] {
  const scanner = new Scanner(text, 'filter')
  const filters: Filter[] = []
  do {
    scanner.spaces()
    const path = parsePath(scanner)
    scanner.expect('=')
    const head = parseOperator(scanner)
    if (head.operator === 'in') filters.push({ ...head, path, value: '', values: parseList(scanner) })
    else {
      const value = scanner.peek() === '"' ? scanner.quoted() : scanner.match(/[^,]*/y)
      filters.push({ ...head, path, value: head.operator === 'is' ? isWord(scanner, value) : value })
    }
    scanner.spaces()
  } while (scanner.take(','))
  scanner.end()
  return filters
}

type Head = Pick<Filter, 'kind' | 'negated' | 'operator' | 'quantifier' | 'language'>

function parseOperator(scanner: Scanner): Head {
  const negated = scanner.take('not.')
  const operator = scanner.match(OPERATOR) as Operator | ''
  if (operator === '') throw scanner.unexpected(negated ? EXPECTED : `"not" or ${EXPECTED}`)
  const head: Head = { kind: 'filter', negated, operator }
  if (scanner.take('(')) {
    const word = scanner.match(/[\w-]+/y)
    scanner.expect(')')
    if (SEARCHES.has(operator)) head.language = word
    else if (QUANTIFIED.has(operator) && (word === 'any' || word === 'all')) head.quantifier = word
    else throw scanner.unexpected(QUANTIFIED.has(operator) ? '"any" or "all"' : '"."')
  }
  scanner.expect('.')
  return head
}

/** `(a,"b,c",d)`; `()` is the empty set. */
function parseList(scanner: Scanner): string[] {
  scanner.spaces()
  scanner.expect('(')
  const values: string[] = []
  if (scanner.match(/ *\)/y) !== '') return values
  do {
    scanner.spaces()
    values.push(scanner.peek() === '"' ? scanner.quoted() : scanner.match(/[^,)]*/y).trimEnd())
    scanner.spaces()
  } while (scanner.take(','))
  scanner.expect(')')
  return values
}

function isWord(scanner: Scanner, value: string): IsWord {
  const word = value.toLowerCase() as IsWord
  if (IS_WORDS.includes(word)) return word
  throw scanner.unexpected('isVal: (null, not_null, true, false, unknown)')
}
