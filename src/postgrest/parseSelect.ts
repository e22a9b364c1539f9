import { restError } from './errors.ts'
import { type Path, parseName, parsePath } from './parsePath.ts'
import { Scanner } from './scanner.ts'

export interface SelectedColumn {
  path: Path
  alias: string | undefined
  /** A name of a type, as asked for. */
  cast: string | undefined
}

export type SelectItem = SelectedColumn | '*'

export interface OrderTerm {
  path: Path
  descending: boolean
  /** Undefined where the text does not say; then Postgres puts them first in descending order. */
  nullsFirst: boolean | undefined
}

const AGGREGATES = /\.(?:avg|count|max|min|sum)\(\)/y

/** `*`, `alias:column::type`, `column->key->>0`. */
export function parseSelect(text: string): SelectItem[] {
  const scanner = new Scanner(text, 'select parameter')
  if (text.trim() === '') return ['*']
  const items: SelectItem[] = []
  do {
    scanner.spaces()
    items.push(scanner.take('*') ? '*' : parseItem(scanner))
    scanner.spaces()
  } while (scanner.take(','))
  scanner.end()
  return items
}

function parseItem(scanner: Scanner): SelectedColumn {
  if (scanner.rest.startsWith('...')) throw relationship(scanner.rest.slice(3))
  const start = scanner.position
  let alias: string | undefined = parseName(scanner)
  if (scanner.peek() !== ':' || scanner.rest.startsWith('::')) {
    alias = undefined
    scanner.position = start
  } else scanner.position++
  const path = parsePath(scanner)
  if (path.column === 'count' && scanner.rest.startsWith('()')) throw noAggregates()
  if (scanner.peek() === '(' || scanner.peek() === '!') throw relationship(path.column)
  const cast = scanner.take('::') ? scanner.match(/[a-z_][a-z0-9_ ]*/iy).trimEnd() : undefined
  if (cast === '') throw scanner.unexpected('type name')
  if (scanner.match(AGGREGATES) !== '') throw noAggregates()
  return { path, alias, cast }
}

const noAggregates = () => restError('PGRST123', 'Use of aggregate functions is not allowed')

const relationship = (name: string) =>
  restError('PGRST200', `Could not find a relationship to '${name.split(/[(!]/, 1)[0]}' in the schema cache`, {
    details: 'The tables of this contract have no relationships.',
  })

/** `time.desc.nullslast,device_id`. */
export function parseOrder(text: string): OrderTerm[] {
  const scanner = new Scanner(text, 'order')
  const terms: OrderTerm[] = []
  do {
    scanner.spaces()
    const path = parsePath(scanner)
    const direction = scanner.match(/\.(?:asc|desc)(?![a-z])/y)
    const nulls = scanner.match(/\.nulls(?:first|last)(?![a-z])/y)
    terms.push({
      path,
      descending: direction === '.desc',
      nullsFirst: nulls === '' ? undefined : nulls === '.nullsfirst',
    })
    scanner.spaces()
  } while (scanner.take(','))
  scanner.end()
  return terms
}

/** `columns="a","b"` and `on_conflict=a,b`. */
export function parseNames(text: string, what: string): string[] {
  const scanner = new Scanner(text, what)
  const names: string[] = []
  do {
    scanner.spaces()
    names.push(parseName(scanner))
    scanner.spaces()
  } while (scanner.take(','))
  scanner.end()
  return names
}
