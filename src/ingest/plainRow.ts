import type { Column, Table } from '../postgrest/table.ts'

/** A row of a request that can be written together with rows of others, because nothing about it is special. */
export interface PlainRow {
  /** The row as the caller wrote it: one JSON object. */
  text: string
  /** Rows with the same one could be in each other's way. */
  key: string
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/

let rows = 0

/**
 * Looks whether Postgres will surely take the row, but for its key. Everything else (text for a number, values for
 * columns with defaults, columns that do not exist) goes the long way, where Postgres itself judges one row alone.
 */
export function plainRow(table: Table, value: unknown, text: string): PlainRow | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const row = value as Record<string, unknown>
  for (const name in row) {
    const column = table.columns.get(name)
    if (column === undefined || column.defaultValue !== undefined || !fits(column, row[name])) return undefined
  }
  for (const { name, nullable, defaultValue } of table.columns.values())
    if (!nullable && defaultValue === undefined && row[name] == null) return undefined
  return { text, key: keyOf(table, row) }
}

function fits({ type, nullable }: Column, value: unknown): boolean {
  if (value === null) return nullable
  switch (type) {
    case 'uuid':
      return typeof value === 'string' && UUID.test(value)
    case 'timestamptz':
      return typeof value === 'string' && INSTANT.test(value) && Date.parse(value) > 0
    case 'float8':
      return typeof value === 'number' && Math.abs(value) < 1e15
    case 'int2':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 15
    case 'int4':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31
    case 'bool':
      return typeof value === 'boolean'
    case 'text':
      return typeof value === 'string'
    case 'jsonb':
      return true
  }
}

/** Without a key of its own a row stands alone. An instant is cut to milliseconds: what only looks equal waits in vain. */
function keyOf({ columns, primaryKey }: Table, row: Record<string, unknown>): string {
  if (primaryKey.some(name => columns.get(name)!.defaultValue !== undefined)) return String(rows++)
  return primaryKey
    .map(name =>
      columns.get(name)!.type === 'timestamptz' ? Date.parse(row[name] as string) : String(row[name]).toLowerCase(),
    )
    .join(' ')
}
