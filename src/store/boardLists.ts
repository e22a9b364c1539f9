import type { Knex } from 'knex'

/** How far the rows of a list are counted, for `X-Total-Count`. */
const COUNTED = 10_000

export interface Listing {
  limit?: number
  offset?: number
}

/** A period: `from` inclusive, `to` exclusive. */
export interface Period {
  from?: string
  to?: string
}

export interface List<Item> {
  items: Item[]
  /** How many rows match, at most one more than are counted. */
  total: number
}

/** How many rows match, as the header says it. */
export const totalText = (total: number): string => (isUncounted(total) ? `${COUNTED}+` : String(total))

/** Whether there are more rows than are counted. */
export const isUncounted = (total: number): boolean => total > COUNTED

/** What is read of rows. */
type Columns = (string | Knex.Raw)[]

/** The members that are there, as conditions. */
export const given = (conditions: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(conditions).filter((entry): entry is [string, string] => entry[1] !== undefined))

/** Keeps rows of a period, by the column of their time. */
export function within(query: Knex.QueryBuilder, column: string, { from, to }: Period): Knex.QueryBuilder {
  if (from !== undefined) query.where(column, '>=', from)
  if (to !== undefined) query.where(column, '<', to)
  return query
}

/**
 * A part of the rows of a query in an order, and how many there are. Counting ends where the header would not tell
 * more, so that it costs no more than a long page.
 */
export async function readList<Row>(
  db: Knex,
  rows: Knex.QueryBuilder,
  { columns, order }: { columns: Columns; order: string },
  { limit = 100, offset = 0 }: Listing,
): Promise<List<Row>> {
  const page = rows.clone().select(columns).orderByRaw(order).limit(limit).offset(offset)
  const counted = rows
    .clone()
    .select(db.raw('1'))
    .limit(COUNTED + 1)
  const count: Promise<{ total: string }> = db.from(counted.as('counted')).count('* as total').first()
  const [items, { total }] = await Promise.all([page, count])
  return { items, total: Number(total) }
}

/** How many rows an export reads at a time: few enough that they fit into memory when they are large. */
const PAGE = 500

/**
 * All rows of a query, or as many as the limit says, page by page, newest first. Each page is a statement of its own that
 * begins behind the last row of the one before: what joins the list meanwhile is not in it, and no row comes twice.
 * Pages are not empty.
 *
 * @param id the column that orders rows of one instant
 */
export async function* readPages<Row>(
  db: Knex,
  rows: Knex.QueryBuilder,
  { columns, id }: { columns: Columns; id: string },
  { limit = Number.POSITIVE_INFINITY, offset = 0 }: Listing,
): AsyncGenerator<Row[]> {
  let left = limit
  let behind: { instant: string; id: string } | undefined
  while (left > 0) {
    const page = rows.clone().orderByRaw('time desc, ?? desc', [id])
    if (behind === undefined) page.offset(offset)
    // The first condition says nothing new, but is one by which partitions are left out.
    else
      page
        .whereRaw('time <= ?::timestamptz', [behind.instant])
        .whereRaw('(time, ??) < (?::timestamptz, ?::bigint)', [id, behind.instant, behind.id])
    const most = Math.min(PAGE, left)
    // The instant as text, because a Date has no microseconds.
    const found: (Row & Record<string, string>)[] = await page
      .select([...columns, db.raw('time::text as instant')])
      .limit(most)
    const last = found.at(-1)
    if (last === undefined) return
    behind = { instant: last.instant!, id: last[id]! }
    yield found.map(({ instant: _, ...row }) => row as Row)
    if (found.length < most) return
    left -= most
  }
}
