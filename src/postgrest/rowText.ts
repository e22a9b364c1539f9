import { type Parameters, pathSql } from './conditions.ts'
import type { OutputColumn } from './resolve.ts'
import type { ColumnType } from './table.ts'

/** Postgres takes no more arguments than this in one call. */
const MOST_ARGUMENTS = 100

/**
 * The expression that writes a row `t` as a JSON object. It names the columns itself and puts numbers and ids in as they
 * are printed, which costs Postgres little more than half of what `row_to_json` does. Names that a request chose are
 * values of the statement.
 */
export function rowTextSql(output: OutputColumn[], stripNulls: boolean, parameters: Parameters): string {
  const members = output.map((column, index) => memberTexts(column, index === 0 ? '{' : ',', parameters))
  const text = concatSql([...members.flat(), output.length === 0 ? `'{}'` : `'}'`])
  return stripNulls ? `json_strip_nulls((${text})::json)::text` : text
}

/** A member's name and value, as texts to put one after the other. */
function memberTexts({ name, path, cast }: OutputColumn, separator: string, parameters: Parameters): string[] {
  const { name: ownName, type, nullable } = path.column
  const value = pathSql(path, parameters)
  const isQuoted = cast === undefined && path.steps.length === 0 && (type === 'timestamptz' || type === 'uuid')
  const quote = isQuoted && !nullable ? '"' : ''
  const before = `${separator}${JSON.stringify(name)}:${quote}`
  const key = name === ownName ? `'${before}'` : `${parameters.bind(before)}::text`
  if (isQuoted) {
    const text = type === 'uuid' ? value : instantSql(value)
    return nullable ? [key, `'"' || ${text} || '"'`, nullSql(value)] : [key, text, `'"'`]
  }
  const wanted = cast === undefined ? value : `(${value})::${cast}`
  const text = cast === undefined && path.steps.length === 0 && NUMBERS.has(type) ? wanted : `to_json(${wanted})`
  return nullable || path.steps.length > 0 ? [key, text, nullSql(wanted)] : [key, text]
}

/** These are finite by a constraint of their tables, so what Postgres prints of them is JSON. */
const NUMBERS: ReadonlySet<ColumnType> = new Set(['float8', 'int2', 'int4'])

/** `concat` leaves a null out. */
const nullSql = (value: string) => `case when ${value} is null then 'null' end`

/** UTC with milliseconds, or microseconds where there are any. The time zone of the connection is UTC. */
export const instantSql = (value: string): string =>
  `case when date_bin('1 millisecond', ${value}, 'epoch') = ${value} then to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') ` +
  `else to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end`

function concatSql(texts: string[]): string {
  if (texts.length <= MOST_ARGUMENTS) return `concat(${texts.join(', ')})`
  const parts: string[] = []
  for (let start = 0; start < texts.length; start += MOST_ARGUMENTS)
    parts.push(concatSql(texts.slice(start, start + MOST_ARGUMENTS)))
  return concatSql(parts)
}
