import type pg from 'pg'
import type { Table } from '../postgrest/table.ts'

/** `refused`: its key is taken, and nothing was written. */
export type RowOutcome = 'stored' | 'refused'

/**
 * The statement that writes rows of a table given as one JSON array, and returns the ordinals of those whose key is
 * taken. Columns with defaults are left to them. Rows go in key order, so that two processes never wait for each other
 * in a circle.
 */
export function insertStatement({ schema, name, columns, primaryKey }: Table): string {
  const given = [...columns.values()].filter(({ defaultValue }) => defaultValue === undefined)
  const names = given.map(column => quote(column.name)).join(', ')
  const typed = given.map(column => `${quote(column.name)} ${column.type}`).join(', ')
  const target = `${quote(schema)}.${quote(name)}`
  const key = primaryKey.map(quote).join(', ')
  const source = `rows from (json_to_recordset($1::json) as (${typed})) with ordinality as given (${names}, ordinal)`
  if (primaryKey.some(column => columns.get(column)!.defaultValue !== undefined))
    return `with stored as (insert into ${target} (${names}) select ${names} from ${source}) select 0 as ordinal where false`
  return `
    with given as (select * from ${source}), stored as (
      insert into ${target} (${names}) select ${names} from given order by ${key} on conflict do nothing returning ${key})
    select ordinal::int from given left join stored using (${key}) where stored.${quote(primaryKey[0]!)} is null`
}

/** Writes rows in one transaction, as the role of the pool. */
export async function insertRows(
  pool: pg.Pool,
  statement: { name: string; text: string },
  rows: string[],
): Promise<RowOutcome[]> {
  const { rows: taken } = await pool.query<{ ordinal: number }>({ ...statement, values: [`[${rows.join(',')}]`] })
  const outcomes = rows.map((): RowOutcome => 'stored')
  for (const { ordinal } of taken) outcomes[ordinal - 1] = 'refused'
  return outcomes
}

const quote = (identifier: string) => `"${identifier.replaceAll('"', '""')}"`
