import { afterSql, orderSql, Parameters, quote, whereSql } from './conditions.ts'
import { type ChangePlan, type InsertPlan, type Plan, type ReadPlan, wantsRows } from './plan.ts'
import { rowTextSql } from './rowText.ts'
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
  const { output, format, keyset, conditions, order, limit, offset } = plan
  const source = sourceSql(plan, parameters)
  let where = whereSql(conditions, parameters)
  const total = plan.preferences.count === 'exact' ? `, (select count(*)::int from ${source} t${where}) as total` : ''
  if (keyset?.after !== undefined)
    where += `${where === '' ? ' where' : ' and'} ${afterSql(keyset.keys, keyset.after, parameters)}`
  const atMost = limit === undefined ? undefined : `${parameters.bind(limit)}::int8`
  const end =
    orderSql(order, parameters) +
    (atMost === undefined ? '' : ` limit ${atMost}`) +
    (offset === 0 ? '' : ` offset ${parameters.bind(offset)}::int8`)
  const keys = keyset?.keys.map(({ path }, index) => `, t.${quote(path.column.name)} as k${index + 1}`) ?? []
  const rows = `select ${rowTextSql(output, format.stripNulls, parameters)} as text${keys.join('')} from ${source} t${where}${end}`
  const last = keys.map((_key, index) => `(array_agg(r.k${index + 1}))[count(*)::int]::text`)
  const next =
    keyset === undefined
      ? ''
      : `, case when count(*) = ${atMost} then json_build_array(${last.join(', ')})::text end as last`
  return `select ${BODY}, count(*)::int as page_total${total}${next} from (${rows}) r`
}

/** Rows are joined in the order in which they come. */
const BODY = `'[' || coalesce(string_agg(r.text, ','), '') || ']' as body`

/** A table, or a call of a function with its arguments by name. */
function sourceSql({ source }: ReadPlan, parameters: Parameters): string {
  if (!('routine' in source)) return tableSql(source)
  const { routine, arguments: given } = source
  const named = given.map(
    ({ parameter, value }) => `${quote(parameter.name)} => ${parameters.bind(value)}::${parameter.type}`,
  )
  return `${quote(routine.schema)}.${quote(routine.name)}(${named.join(', ')})`
}

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
    const rows = `select ${rowTextSql(output, plan.format.stripNulls, parameters)} as text from written t`
    return `with written as (${write} returning t.*) select ${BODY}, count(*)::int as page_total from (${rows}) r`
  }
  const located = kind === 'insert' && preferences.return === 'headers-only'
  const key = located
    ? `, case when count(*) = 1 then json_build_object(${table.primaryKey.map(name => `'${name}', min(${quote(name)}::text)`).join(', ')})::text end as key`
    : ''
  const returned = located ? keys.join(', ') : '1'
  return `with written as (${write} returning ${returned}) select null as body, count(*)::int as page_total${key} from written`
}

const tableSql = ({ schema, name }: Table) => `${quote(schema)}.${quote(name)}`
