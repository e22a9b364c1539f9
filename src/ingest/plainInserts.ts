import type pg from 'pg'
import type { Role } from '../auth/roleTokens.ts'
import { isDatabaseAway } from '../errors.ts'
import type { Table } from '../postgrest/table.ts'
import { insertRows, insertStatement, type RowOutcome } from '../store/plainRows.ts'
import { GroupCommit, type GroupCommitOptions } from './groupCommit.ts'
import type { PlainRow } from './plainRow.ts'

type Settings = Pick<GroupCommitOptions<PlainRow, RowOutcome>, 'queueLimit' | 'observe'>

/** Group commit of single rows, per table and role, since a transaction has one role. */
export class PlainInserts {
  readonly #pools: Record<Role, pg.Pool>
  readonly #settings: Settings
  readonly #commits = new Map<string, GroupCommit<PlainRow, RowOutcome>>()

  constructor(pools: Record<Role, pg.Pool>, settings: Settings) {
    this.#pools = pools
    this.#settings = settings
  }

  get depth(): number {
    let depth = 0
    for (const commit of this.#commits.values()) depth += commit.depth
    return depth
  }

  /** `refused` leaves it to the caller to try the row alone, and so to learn what Postgres has against it. */
  async insert(role: Role, table: Table, row: PlainRow): Promise<RowOutcome> {
    try {
      return await this.#commitOf(role, table).submit(row)
    } catch (error) {
      if (isDatabaseAway(error) || !isRefusal(error)) throw error
      return 'refused'
    }
  }

  #commitOf(role: Role, table: Table): GroupCommit<PlainRow, RowOutcome> {
    const id = `${role} ${table.name}`
    let commit = this.#commits.get(id)
    if (commit === undefined) {
      const statement = { name: `insert-${table.name}`, text: insertStatement(table) }
      commit = new GroupCommit({
        flush: rows =>
          insertRows(
            this.#pools[role],
            statement,
            rows.map(({ text }) => text),
          ),
        key: ({ key }) => key,
        ...this.#settings,
      })
      this.#commits.set(id, commit)
    }
    return commit
  }
}

/** An error with an SQLSTATE: Postgres has looked at the row. */
const isRefusal = (error: unknown) => typeof (error as { code?: unknown }).code === 'string'
