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
  { columns, order }: { columns: string[]; order: string },
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
