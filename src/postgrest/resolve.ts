import { restError } from './errors.ts'
import type { Condition, Filter, Logic } from './parseFilter.ts'
import type { Path } from './parsePath.ts'
import type { OrderTerm, SelectedColumn, SelectItem } from './parseSelect.ts'
import type { Column, Routine, Table } from './table.ts'

/** A path whose column is there. */
export interface ResolvedPath extends Omit<Path, 'column'> {
  column: Column
}

export interface ResolvedFilter extends Omit<Filter, 'path'> {
  path: ResolvedPath
}

export interface ResolvedLogic extends Omit<Logic, 'members'> {
  members: ResolvedCondition[]
}

export type ResolvedCondition = ResolvedFilter | ResolvedLogic

export interface ResolvedOrder extends Omit<OrderTerm, 'path' | 'nullsFirst'> {
  path: ResolvedPath
  nullsFirst: boolean
}

/** One value of an answer's rows. */
export interface OutputColumn {
  /** Its name in the answer. */
  name: string
  path: ResolvedPath
  cast: string | undefined
}

type Source = Pick<Table | Routine, 'name' | 'columns'>

/** What a value may be cast to: the scalar types that the tables are made of, under all their names. */
const CASTS = new Set([
  'text',
  'varchar',
  'uuid',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'smallint',
  'int2',
  'integer',
  'int',
  'int4',
  'bigint',
  'int8',
  'numeric',
  'decimal',
  'real',
  'float4',
  'float8',
  'double precision',
  'boolean',
  'bool',
  'json',
  'jsonb',
])

export function resolvePath(source: Source, { column, steps }: Path): ResolvedPath {
  const found = source.columns.get(column)
  if (found === undefined) throw restError('42703', `column ${source.name}.${column} does not exist`)
  return { column: found, steps }
}

export function resolveCondition(source: Source, condition: Condition): ResolvedCondition {
  if (condition.kind === 'filter') return { ...condition, path: resolvePath(source, condition.path) }
  return { ...condition, members: condition.members.map(member => resolveCondition(source, member)) }
}

export const resolveOrder = (source: Source, { path, descending, nullsFirst }: OrderTerm): ResolvedOrder => ({
  path: resolvePath(source, path),
  descending,
  nullsFirst: nullsFirst ?? descending,
})

export function resolveSelect(source: Source, items: SelectItem[]): OutputColumn[] {
  return items.flatMap(item => {
    if (item === '*')
      return [...source.columns.values()].map(column => ({
        name: column.name,
        path: { column, steps: [] },
        cast: undefined,
      }))
    return [resolveItem(source, item)]
  })
}

function resolveItem(source: Source, { path, alias, cast }: SelectedColumn): OutputColumn {
  const resolved = resolvePath(source, path)
  const last = path.steps.findLast(({ key }) => typeof key === 'string')?.key
  const name = alias ?? (last === undefined ? path.column : String(last))
  if (cast === undefined) return { name, path: resolved, cast }
  const type = cast.toLowerCase()
  if (!CASTS.has(type)) throw restError('42704', `type "${cast}" does not exist`)
  return { name, path: resolved, cast: type }
}

/** A column of a body or of `columns=`. */
export function resolveTarget(table: Table, name: string): Column {
  const column = table.columns.get(name)
  if (column === undefined)
    throw restError('PGRST204', `Could not find the '${name}' column of '${table.name}' in the schema cache`)
  return column
}
