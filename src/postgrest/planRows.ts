import { parse } from 'csv-parse/sync'
import { emptyBody, restError } from './errors.ts'
import type { RestBody } from './plan.ts'

interface Rows {
  /** The columns that are written. */
  names: string[]
  /** All rows as one JSON array; undefined when there are none. */
  rows: string | undefined
  /** Whether the body is one object. */
  isObject: boolean
}

/**
 * The rows of an insert. Without `columns=` the first row's names are those of all, as one statement has one list of
 * columns; a name in one row only would be lost.
 */
export function planRows(body: RestBody | undefined, columns: string[] | undefined): Rows {
  if (body === undefined) throw emptyBody()
  if (body.kind === 'csv') {
    const { header, rows } = readCsv(body.text)
    return {
      names: columns ?? header,
      rows: rows.length === 0 ? undefined : JSON.stringify(rows),
      isObject: false,
    }
  }
  if (isObject(body.value)) return { names: columns ?? Object.keys(body.value), rows: `[${body.text}]`, isObject: true }
  if (!Array.isArray(body.value) || !body.value.every(isObject)) throw emptyBody()
  const [first, ...others] = body.value as Record<string, unknown>[]
  if (first === undefined) return { names: [], rows: undefined, isObject: false }
  const names = columns ?? Object.keys(first)
  if (columns === undefined && !others.every(row => hasNames(row, names)))
    throw restError('PGRST102', 'All object keys must match')
  return { names, rows: body.text, isObject: false }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function hasNames(row: Record<string, unknown>, names: string[]): boolean {
  return Object.keys(row).length === names.length && names.every(name => Object.hasOwn(row, name))
}

/** CSV with a header (RFC 4180); the word NULL without quotes is null. */
function readCsv(text: string): { header: string[]; rows: Record<string, string | null>[] } {
  let header: string[] = []
  try {
    const rows: Record<string, string | null>[] = parse(text, {
      columns: (names: string[]) => {
        header = names
        return names
      },
      bom: true,
      skip_empty_lines: true,
      cast: (value, { quoting, header: isHeader }) => (value === 'NULL' && !quoting && !isHeader ? null : value),
    })
    return { header, rows }
  } catch (error) {
    throw restError('PGRST102', `the CSV cannot be read: ${(error as Error).message}`)
  }
}
