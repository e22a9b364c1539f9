import type { Table } from '../../postgrest/table.ts'
import type { Change } from '../feed.ts'

/** A change of a table that subscribers may hear of. */
export interface TableChange {
  table: Table
  type: 'INSERT' | 'UPDATE' | 'DELETE'
  /** The row, or of a deletion its key. */
  row: Record<string, unknown>
  change: Change
}

const TYPES = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE' } as const

export const tableChange = (table: Table, change: Change): TableChange => ({
  table,
  type: TYPES[change.kind],
  row: change.row,
  change,
})

/** The member `data` of an event, as JSON. */
export function dataOf({ table, type, row, change }: TableChange): string {
  const columns = [...table.columns.values()]
  const key = (values: Record<string, unknown>) =>
    Object.fromEntries(table.primaryKey.map(name => [name, values[name]]))
  return JSON.stringify({
    schema: table.schema,
    table: table.name,
    type,
    commit_timestamp: change.committedAt.toISOString(),
    commit_lsn: change.position,
    columns: columns.map(column => ({ name: column.name, type: column.type })),
    ...(type === 'DELETE' ? {} : { record: record(table, row) }),
    ...(type === 'INSERT' ? {} : { old_record: record(table, key(change.oldKey ?? row)) }),
    errors: null,
  })
}

function record({ columns }: Table, row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      columns.get(name)?.type === 'timestamptz' && typeof value === 'string' ? instant(value) : value,
    ]),
  )
}

/** `2024-01-01 12:00:00.5+00` as `2024-01-01T12:00:00.500Z`: milliseconds, or microseconds where there are any. */
export function instant(text: string): string {
  const [, day, time, fraction = ''] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text)!
  return `${day}T${time}.${fraction.padEnd(fraction.length > 3 ? 6 : 3, '0')}Z`
}
