import { afterSql, orderSql, Parameters, pathSql, quote, whereSql } from './conditions.ts'
import { restError } from './errors.ts'
import { type ChangePlan, type InsertPlan, type Plan, type ReadPlan, wantsRows } from './plan.ts'
import type { OutputColumn } from './resolve.ts'
import type { Column, Table } from './table.ts'

/** A statement whose text depends on the shape of a request and never on a value in it. */
export interface Statement {
  text: string
  values: unknown[]
}

/** The one row that each statement of a plan returns. */
export interface ResultRow {
  /** A JSON array of rows as Postgres wrote it. */
  body: string | null
  /** How many rows the answer has, or the statement wrote. */
  page_total: number
  /** How many there would be without a limit; null when nobody asked. */
  total?: number | null
  /** The values of the order's keys in the last row of a full page, as a JSON array of texts. */
  last?: string | null
  /** The key of the only row that was written, as a JSON object of texts. */
  key?: string | null
}

/** Postgres takes no more arguments than this in one call, and a named value is two of them. */
const MOST_NAMED = 50

/** @returns undefined when there is nothing to do: no row to write, or no value to set */
export function statementOf(plan: Plan): Statement | undefined {
  if (plan.kind === 'insert' && plan.rows === undefined) return undefined
  if (plan.kind === 'update' && plan.columns.length === 0) return undefined
  const parameters = new Parameters()
  const text =
    plan.kind === 'read'
      ? readSql(plan, parameters)
      : plan.kind === 'insert'
        ? insertSql(plan, parameters)
        : changeSql(plan, parameters)
  return { text, values: parameters.values }
}

/** How many rows a read would have without its limit. */
export function countStatement(plan: ReadPlan): Statement {
  const parameters = new Parameters()
  return { text: `select count(*)::int as total ${matching(plan, parameters)}`, values: parameters.values }
}

/** What Postgres's planner thinks of the same number. */
export function estimateStatement(plan: ReadPlan): Statement {
  const parameters = new Parameters()
  return { text: `explain (format json) select ${matching(plan, parameters)}`, values: parameters.values }
}

const matching = (plan: ReadPlan, parameters: Parameters) =>
  `from ${sourceSql(plan, parameters)} t${whereSql(plan.conditions, parameters)}`

function readSql(plan: ReadPlan, parameters: Parameters): string {
  const { output, keyset, conditions, order, limit, offset } = plan
  const source = sourceSql(plan, parameters)
  let where = whereSql(conditions, parameters)
  const total = plan.preferences.count === 'exact' ? `, (select count(*)::int from ${source} t${where}) as total` : ''
  if (keyset?.after !== undefined)
    where += `${where === '' ? ' where' : ' and'} ${afterSql(keyset.keys, keyset.after, parameters)}`
  const end =
    orderSql(order, parameters) +
    (limit === undefined ? '' : ` limit ${parameters.bind(limit)}::int8`) +
    (offset === 0 ? '' : ` offset ${parameters.bind(offset)}::int8`)
  if (keyset === undefined) {
    const rows = `select ${outputSql(output, parameters)} from ${source} t${where}${end}`
    return `select ${bodySql(plan, parameters)}, count(*)::int as page_total${total} from (${rows}) r`
  }
  const keys = keyset.keys.map(({ path }) => path.column.name)
  const needed = new Set([...keys, ...output.map(({ path }) => path.column.name)])
  const last = `select json_build_array(${keys.map(key => `t.${quote(key)}::text`).join(', ')})::text from page t`
  return (
    `with page as materialized (select ${[...needed].map(name => `t.${quote(name)}`).join(', ')} from ${source} t${where}${end}) ` +
    `select ${bodySql(plan, parameters)}, count(*)::int as page_total${total}, ` +
    `(${last} offset ${parameters.bind(limit! - 1)}::int8 limit 1) as last ` +
    `from (select ${outputSql(output, parameters)} from page t) r`
  )
}

/** A table, or a call of a function with its arguments by name. */
function sourceSql({ source }: ReadPlan, parameters: Parameters): string {
  if (!('routine' in source)) return tableSql(source)
  const { routine, arguments: given } = source
  const named = given.map(
    ({ parameter, value }) => `${quote(parameter.name)} => ${parameters.bind(value)}::${parameter.type}`,
  )
  return `${quote(routine.schema)}.${quote(routine.name)}(${named.join(', ')})`
}

/** The rows are there under their names already, or as c1, c2, ... where the request names them itself. */
function bodySql({ output, format }: Plan, parameters: Parameters): string {
  const row = namesAreOurs(output) ? 'row_to_json(r)' : namedRow(output, parameters)
  return `coalesce(json_agg(${format.stripNulls ? `json_strip_nulls(${row})` : row}), '[]')::text as body`
}

function namedRow(output: OutputColumn[], parameters: Parameters): string {
  if (output.length > MOST_NAMED)
    throw restError('PGRST100', `a select with aliases or json paths may have at most ${MOST_NAMED} columns`)
  return `json_build_object(${output.map(({ name }, index) => `${parameters.bind(name)}::text, r.c${index + 1}`).join(', ')})`
}

function outputSql(output: OutputColumn[], parameters: Parameters): string {
  const ours = namesAreOurs(output)
  return output
    .map(
      (column, index) =>
        `${valueSql(column, parameters)} as ${ours ? quote(column.path.column.name) : `c${index + 1}`}`,
    )
    .join(', ')
}

/** Names of columns are ours; an alias or the key of a json path is a value of the request. */
const namesAreOurs = (output: OutputColumn[]) =>
  output.every(({ name, path }) => path.steps.length === 0 && name === path.column.name) &&
  new Set(output.map(({ name }) => name)).size === output.length

function valueSql({ path, cast }: OutputColumn, parameters: Parameters): string {
  const value = pathSql(path, parameters)
  if (cast !== undefined) return `(${value})::${cast}`
  return path.column.type === 'timestamptz' ? instantSql(value) : value
}

/** UTC with milliseconds, or microseconds where there are any. The time zone of the connection is UTC. */
export const instantSql = (value: string): string =>
  `case when date_trunc('milliseconds', ${value}) = ${value} then to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') ` +
  `else to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end`

function insertSql(plan: InsertPlan, parameters: Parameters): string {
  const { table, columns, rows, preferences, conflict } = plan
  const names = columns.map(({ name }) => quote(name)).join(', ')
  const source =
    columns.length === 0
      ? 'default values'
      : `(${names}) ${givenRows(columns, parameters.bind(rows), preferences.missing === 'default')}`
  return writtenSql(plan, `insert into ${tableSql(table)} as t ${source}${conflictSql(conflict, columns)}`, parameters)
}

/** A value that is missing in one of the rows is null, or the column's default where the request says so. */
function givenRows(columns: Column[], rows: string, defaults: boolean): string {
  const typed = columns.map(({ name, type }) => `${quote(name)} ${type}`).join(', ')
  if (!defaults || columns.every(({ defaultValue }) => defaultValue === undefined))
    return `select ${columns.map(({ name }) => `g.${quote(name)}`).join(', ')} from json_to_recordset(${rows}::json) as g(${typed})`
  const values = columns.map(({ name, defaultValue }) =>
    defaultValue === undefined
      ? `g.${quote(name)}`
      : `case when e.value::jsonb ? '${name}' then g.${quote(name)} else ${defaultValue} end`,
  )
  return `select ${values.join(', ')} from json_array_elements(${rows}::json) e, json_to_record(e.value) as g(${typed})`
}

function conflictSql(conflict: InsertPlan['conflict'], columns: Column[]): string {
  if (conflict === undefined) return ''
  const target = ` on conflict (${conflict.columns.map(({ name }) => quote(name)).join(', ')})`
  const changed = columns.filter(column => !conflict.columns.includes(column))
  if (conflict.resolution === 'ignore-duplicates' || changed.length === 0) return `${target} do nothing`
  return `${target} do update set ${changed.map(({ name }) => `${quote(name)} = excluded.${quote(name)}`).join(', ')}`
}

function changeSql(plan: ChangePlan, parameters: Parameters): string {
  const { kind, table, columns, values } = plan
  const target = `${tableSql(table)} t`
  if (kind === 'delete') return writtenSql(plan, `delete from ${target}${chosenSql(plan, parameters)}`, parameters)
  const typed = columns.map(({ name, type }) => `${quote(name)} ${type}`).join(', ')
  const set = columns.map(({ name }) => `${quote(name)} = g.${quote(name)}`).join(', ')
  const given = `json_to_record(${parameters.bind(values)}::json) as g(${typed})`
  return writtenSql(plan, `update ${target} set ${set} from ${given}${chosenSql(plan, parameters)}`, parameters)
}

/** The rows that are meant; with a limit the first ones of the order. */
function chosenSql({ table, conditions, order, limit }: ChangePlan, parameters: Parameters): string {
  const where = whereSql(conditions, parameters)
  if (limit === undefined) return where
  const key = table.primaryKey.map(name => `t.${quote(name)}`).join(', ')
  const first = `${orderSql(order, parameters)} limit ${parameters.bind(limit)}::int8`
  return ` where (${key}) in (select ${key} from ${tableSql(table)} t${where}${first})`
}

/** Runs a write and tells of it as much as is wanted. */
function writtenSql(plan: InsertPlan | ChangePlan, write: string, parameters: Parameters): string {
  const { output, preferences, table, kind } = plan
  const keys = table.primaryKey.map(quote)
  if (wantsRows(preferences)) {
    const rows = `select ${outputSql(output, parameters)} from written t`
    return `with written as (${write} returning t.*) select ${bodySql(plan, parameters)}, count(*)::int as page_total from (${rows}) r`
  }
  const located = kind === 'insert' && preferences.return === 'headers-only'
  const key = located
    ? `, case when count(*) = 1 then json_build_object(${table.primaryKey.map(name => `'${name}', min(${quote(name)}::text)`).join(', ')})::text end as key`
    : ''
  const returned = located ? keys.join(', ') : '1'
  return `with written as (${write} returning ${returned}) select null as body, count(*)::int as page_total${key} from written`
}

const tableSql = ({ schema, name }: Table) => `${quote(schema)}.${quote(name)}`
