import type { Knex } from 'knex'

/** What `page` and `size` ask for; the contract bounds both. */
export interface Paging {
  page?: number
  size?: number
}

export interface Page<Item> {
  items: Item[]
  total: number
  page: number
  size: number
}

export const DEFAULT_SIZE = 20

export const limitOf = ({ size = DEFAULT_SIZE }: Paging): number => size
export const offsetOf = ({ page = 1, size = DEFAULT_SIZE }: Paging): number => (page - 1) * size

/** The SQL parts of a list. The row is `t` in all of them; `:names` are bindings. */
interface List {
  table: string
  where: string
  /** Unique, so that no row shows on two pages. */
  order: string
  /** What is told of a row, under the contract's names. */
  columns: string
  /** What `columns` needs beside the row; worked out for the rows of the page only. */
  joins?: string
}

/**
 * One statement for a page and for how many rows there are in all pages, which a page past the end tells too. The items
 * are built as JSON by the database, so that the driver has one value to read instead of one per column.
 */
export const pageSql = ({ table, where, order, columns, joins = '' }: List): string => `
  select
    (select cast(count(*) as int) from ${table} t where ${where}) as total,
    (select coalesce(json_agg(item), '[]') from (
      select ${columns}
      from (select * from ${table} t where ${where} order by ${order} limit :limit offset :offset) t ${joins}
      order by ${order}
    ) item) as items`

/** Runs a statement of `pageSql`. */
export async function readPage<Item>(
  db: Knex,
  sql: string,
  bindings: Record<string, string | number | null>,
  paging: Paging,
): Promise<Page<Item>> {
  const { rows } = await db.raw(sql, { ...bindings, limit: limitOf(paging), offset: offsetOf(paging) })
  const [{ items, total }] = rows
  return { items, total, page: paging.page ?? 1, size: paging.size ?? DEFAULT_SIZE }
}
