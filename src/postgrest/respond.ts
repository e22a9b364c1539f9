import { stringify } from 'csv-stringify/sync'
import type { WrittenReply } from '../operation.ts'
import { restError } from './errors.ts'
import { type ChangePlan, type InsertPlan, type Plan, type ReadPlan, wantsRows } from './plan.ts'
import type { ResultRow } from './query.ts'

/** What must undo a write, or fail a read: not exactly one row where one was asked for, or too many changed. */
export function checkResult(plan: Plan, { page_total }: ResultRow): void {
  const { format, preferences } = plan
  if (format.singular && page_total !== 1)
    throw restError('PGRST116', 'JSON object requested, multiple (or no) rows returned', {
      details: `The result contains ${page_total} rows`,
    })
  if (plan.kind !== 'update' && plan.kind !== 'delete') return
  const most = preferences.handling === 'strict' ? preferences['max-affected'] : undefined
  if (most !== undefined && page_total > Number(most))
    throw restError('PGRST124', 'Query result exceeds max-affected preference constraint', {
      details: `The query affects ${page_total} rows`,
    })
}

/** Proxies and clients read so many bytes of headers at least; a longer link would cost the whole answer. */
const MOST_LINK = 4096

/**
 * The answer to a request, as PostgREST gives it.
 *
 * @param path where the request went, for links
 */
export function respond(plan: Plan, row: ResultRow, path: string): WrittenReply {
  const headers: Record<string, string> = plan.applied === undefined ? {} : { 'Preference-Applied': plan.applied }
  if (plan.kind === 'read') return respondToRead(plan, row, path, headers)
  return plan.kind === 'insert' ? respondToInsert(plan, row, path, headers) : respondToChange(plan, row, headers)
}

function respondToRead(plan: ReadPlan, row: ResultRow, path: string, headers: Record<string, string>): WrittenReply {
  const { offset, keyset } = plan
  const { page_total, total = null } = row
  if (total !== null && offset > total)
    throw restError('PGRST103', 'Requested range not satisfiable', {
      details: `An offset of ${offset} was requested, but there are only ${total} rows.`,
    })
  const range = page_total === 0 ? '*' : `${offset}-${offset + page_total - 1}`
  headers['Content-Range'] = `${range}/${total ?? '*'}`
  if (keyset !== undefined && typeof row.last === 'string') {
    const next = `${path}?${keyset.search}${keyset.search === '' ? '' : '&'}after=${encodeURIComponent(row.last)}`
    if (next.length <= MOST_LINK) headers.Link = `<${next}>; rel="next"`
  }
  return { status: total !== null && page_total < total ? 206 : 200, headers, ...content(plan, row) }
}

function respondToInsert(
  plan: InsertPlan,
  { body, page_total, key }: ResultRow,
  path: string,
  headers: Record<string, string>,
): WrittenReply {
  headers['Content-Range'] = `*/${plan.preferences.count === undefined ? '*' : page_total}`
  if (typeof key === 'string') {
    const filters = Object.entries(JSON.parse(key) as Record<string, string>)
    headers.Location = `${path}?${filters.map(([name, value]) => `${name}=eq.${encodeURIComponent(value)}`).join('&')}`
  }
  return { status: 201, headers, ...(wantsRows(plan.preferences) ? content(plan, { body, page_total }) : NOTHING) }
}

function respondToChange(plan: ChangePlan, row: ResultRow, headers: Record<string, string>): WrittenReply {
  const { page_total } = row
  const range = plan.kind === 'update' && page_total > 0 ? `0-${page_total - 1}` : '*'
  headers['Content-Range'] = `${range}/${plan.preferences.count === undefined ? '*' : page_total}`
  if (!wantsRows(plan.preferences)) return { status: 204, headers, ...NOTHING }
  return { status: 200, headers, ...content(plan, row) }
}

const NOTHING = { body: undefined, contentType: 'application/json' }

/** What of a reply holds its body. */
type Content = Pick<WrittenReply, 'body' | 'contentType' | 'isCallersShape'>

function content({ format, output }: Plan, { body }: ResultRow): Content {
  const rows = body ?? '[]'
  const { contentType } = format
  const isCallersShape = output.some(
    ({ name, path, cast }) => name !== path.column.name || cast !== undefined || path.steps.length > 0,
  )
  if (format.singular) return { contentType, isCallersShape, body: rows.slice(1, -1) }
  if (format.csv)
    return {
      contentType,
      body: toCsv(
        output.map(({ name }) => name),
        rows,
      ),
    }
  return { contentType, isCallersShape, body: rows }
}

/** Comma-separated with a header (RFC 4180); null is an empty field, and booleans are as Postgres prints them. */
function toCsv(columns: string[], rows: string): string {
  return stringify(JSON.parse(rows) as object[], {
    header: true,
    columns,
    cast: { boolean: value => (value ? 't' : 'f'), object: value => JSON.stringify(value) },
  })
}
