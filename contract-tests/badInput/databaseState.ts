import assert from 'node:assert/strict'
import { after } from 'node:test'
import { connectAsOwner } from '../../src/postgres/connect.ts'

/** Count and checksum of the rows of each table, by its name. */
export type State = Record<string, string>

export interface Watch {
  state(): Promise<State>
  /** Does something and fails if any row anywhere is another one afterwards. */
  unchanged<Result>(act: () => Promise<Result>): Promise<Result>
  query: ReturnType<typeof connectAsOwner>
}

/** What the server keeps, seen past it: every table of ours, but those of the job queue, which has a life of its own. */
export function watchDatabase(url: string): Watch {
  const query = connectAsOwner(url)
  after(() => query.destroy())

  async function state(): Promise<State> {
    const { rows: tables } = await query.raw<{ rows: { name: string }[] }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname in ('core', 'telemetry', 'ops') order by 1`,
    )
    const sums = tables.map(
      ({ name }) =>
        `select '${name}' as name, concat(count(*), ' ', sum(hashtextextended(t::text, 0))) as sum from ${name} t`,
    )
    const { rows } = await query.raw<{ rows: { name: string; sum: string }[] }>(sums.join(' union all '))
    return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]))
  }

  return {
    query,
    state,
    async unchanged(act) {
      const before = await state()
      const result = await act()
      assert.deepEqual(await state(), before)
      return result
    },
  }
}
