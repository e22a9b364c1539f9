import { createHash } from 'node:crypto'
import type pg from 'pg'
import { databaseError } from './errors.ts'
import type { Plan, ReadPlan } from './plan.ts'
import { countStatement, estimateStatement, type ResultRow, type Statement, statementOf } from './query.ts'
import { checkResult } from './respond.ts'

const NOTHING: ResultRow = { body: '[]', page_total: 0 }
/** Up to here, a number that is asked for as an estimate is counted. */
const COUNTED = 1000

type Queryable = Pick<pg.Pool, 'query'>

/**
 * Runs a plan as the role of the pool. A write that is not what was asked for is taken back before its error is thrown.
 *
 * @throws ApiError with what Postgres says against it
 */
export async function run(pool: pg.Pool, plan: Plan, isAnonymous: boolean): Promise<ResultRow> {
  try {
    return plan.transaction === 'none' ? await look(pool, plan) : await write(pool, plan)
  } catch (error) {
    throw databaseError(error, isAnonymous)
  }
}

async function look(pool: Queryable, plan: Plan): Promise<ResultRow> {
  const row = await execute(pool, plan)
  checkResult(plan, row)
  const count = plan.preferences.count
  if (plan.kind !== 'read' || count === undefined || count === 'exact') return row
  return { ...row, total: await estimate(pool, plan) }
}

async function write(pool: pg.Pool, plan: Plan): Promise<ResultRow> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    await client.query('begin')
    const row = await execute(client, plan)
    checkResult(plan, row)
    await client.query(plan.transaction === 'rollback' ? 'rollback' : 'commit')
    return row
  } catch (error) {
    // A connection that cannot take back what it began is of no use to anybody.
    await client.query('rollback').catch(broken => {
      failure = broken
    })
    throw error
  } finally {
    client.release(failure)
  }
}

async function execute(pool: Queryable, plan: Plan): Promise<ResultRow> {
  const statement = statementOf(plan)
  if (statement === undefined) return NOTHING
  const { rows } = await pool.query<ResultRow>(prepared(statement))
  return rows[0]!
}

async function estimate(pool: Queryable, plan: ReadPlan): Promise<number> {
  const { rows } = await pool.query(estimateStatement(plan))
  const estimated = Math.round(rows[0]['QUERY PLAN'][0].Plan['Plan Rows'])
  if (plan.preferences.count === 'planned' || estimated > COUNTED) return estimated
  const counted = await pool.query<{ total: number }>(prepared(countStatement(plan)))
  return counted.rows[0]!.total
}

const PREPARED = 300
const names = new Map<string, string>()

/**
 * The shapes that come first are prepared once per connection, so that Postgres parses and plans each of them once. Who
 * sends ever new shapes gets no more of its memory.
 */
function prepared({ text, values }: Statement): pg.QueryConfig {
  let name = names.get(text)
  if (name === undefined && names.size < PREPARED) {
    name = `rest-${createHash('sha256').update(text).digest('base64url')}`.slice(0, 60)
    names.set(text, name)
  }
  return name === undefined ? { text, values } : { name, text, values }
}
