import type { Knex } from 'knex'
import { invalid } from '../errors.ts'
import { given, isUncounted, type List, type Listing, type Period, readList, readPages, within } from './boardLists.ts'
import { instant } from './instant.ts'

/** A message as it is stored. */
export interface MessageRow {
  message_id: string
  identity: string
  method: string
  direction: 'IN' | 'OUT'
  type: string
  timestamp: string
  payload: unknown
  response_ms: number | null
  error_code: string | null
  violation: string | null
  raw: string | null
}

export interface MessageFilter extends Listing, Period {
  /** Only what stands after this message. */
  before?: string
  identity?: string
  method?: string
  direction?: 'IN' | 'OUT'
  type?: string
}

const COLUMNS = [
  'message_id',
  'identity',
  'method',
  'direction',
  'type',
  'payload',
  'response_ms',
  'error_code',
  'violation',
  'raw',
]
/** Not called `time`: rows are ordered by the column of that name, which has microseconds and an index. */
const columnsOf = (db: Knex) => [...COLUMNS, db.raw(`${instant('time')} as timestamp`)]
const NEWEST_FIRST = 'time desc, message_id desc'
/** Frames that do not parse. */
export const UNREADABLE = 'INVALID'
/** In milliseconds. */
const RECENT = 86_400_000
/** In the words of the indexes. */
const READABLE = `type <> 'INVALID'`
const KIND = `method || ' ' || type || ' ' || direction`
/** Of these there is one in every few messages of their action; any other kind has an index, in which it is found though it be rare. */
const EVERYDAY = new Set(
  ['Heartbeat', 'MeterValues', 'StatusNotification', 'TransactionEvent'].flatMap(action => [
    `${action} CALL IN`,
    `${action} CALLRESULT OUT`,
  ]),
)
const FAILED = `type in ('CALLERROR', 'CALLRESULTERROR', 'INVALID')`

/** Messages that parse, newest first; undefined when `before` names none. */
export async function list(db: Knex, tenantId: string, filter: MessageFilter): Promise<List<MessageRow> | undefined> {
  return readFrom(db, tenantId, messagesOf(db, tenantId, filter), filter)
}

/** The same without an end, page by page. @throws invalid when `before` names none */
export const pages = (db: Knex, tenantId: string, filter: MessageFilter): AsyncGenerator<MessageRow[]> =>
  pagesFrom(db, tenantId, messagesOf(db, tenantId, filter), filter)

/** The rows of a list, in no order yet. */
export function messagesOf(
  db: Knex,
  tenantId: string,
  { identity, method, direction, type }: MessageFilter,
): Knex.QueryBuilder {
  const rows = db('ocpp.messages').where({ tenant_id: tenantId })
  const kind = `${method} ${type} ${direction}`
  const hasKind = method !== undefined && type !== undefined && direction !== undefined
  if (identity === undefined && hasKind && !EVERYDAY.has(kind)) return rows.whereRaw(`${KIND} = ?`, [kind])
  return rows.where(given({ identity, method, direction, type })).whereRaw(READABLE)
}

/** Errors and frames that do not parse, newest first; undefined when `before` names none. */
export async function listErrors(
  db: Knex,
  tenantId: string,
  filter: MessageFilter,
): Promise<List<MessageRow> | undefined> {
  return readFrom(db, tenantId, errorsOf(db, tenantId, filter), filter)
}

/** The same without an end, page by page. @throws invalid when `before` names none */
export const errorPages = (db: Knex, tenantId: string, filter: MessageFilter): AsyncGenerator<MessageRow[]> =>
  pagesFrom(db, tenantId, errorsOf(db, tenantId, filter), filter)

const errorsOf = (db: Knex, tenantId: string, { identity }: MessageFilter) =>
  db('ocpp.messages')
    .where({ tenant_id: tenantId, ...given({ identity }) })
    .whereRaw(FAILED)

/** The last messages of the tenant, or of one of its stations. */
export async function listRecent(
  db: Knex,
  tenantId: string,
  { identity, limit }: { identity?: string; limit: number },
): Promise<MessageRow[]> {
  const reach = identity === undefined ? 'tenant' : 'station'
  const read = (since?: string): Promise<MessageRow[]> =>
    within(db('ocpp.messages'), 'time', given({ from: since }))
      .options({ name: `list-${since === undefined ? 'all' : 'recent'}-messages-of-${reach}` })
      .select(columnsOf(db))
      .where({ tenant_id: tenantId, ...given({ identity }) })
      .whereRaw(READABLE)
      .orderByRaw(NEWEST_FIRST)
      .limit(limit)
  return fromRecent(read, rows => rows.length === limit)
}

/**
 * Looks at the last day first: to plan a read of all partitions takes longer than to read one of them.
 *
 * @param isEnough whether older rows would change what was found
 */
async function fromRecent<Found>(
  read: (since?: string) => Promise<Found>,
  isEnough: (found: Found) => boolean,
): Promise<Found> {
  const found = await read(new Date(Date.now() - RECENT).toISOString())
  return isEnough(found) ? found : read()
}

async function readFrom(
  db: Knex,
  tenantId: string,
  rows: Knex.QueryBuilder,
  { before, ...filter }: MessageFilter,
): Promise<List<MessageRow> | undefined> {
  within(rows, 'time', filter)
  if (before !== undefined && !(await isBehind(db, tenantId, rows, before))) return undefined
  const read = (since?: string) =>
    readList<MessageRow>(
      db,
      within(rows.clone(), 'time', given({ from: since })),
      { columns: columnsOf(db), order: NEWEST_FIRST },
      filter,
    )
  if (before !== undefined || filter.from !== undefined || filter.to !== undefined) return read()
  return fromRecent(read, ({ items, total }) => items.length === (filter.limit ?? 100) && isUncounted(total))
}

async function* pagesFrom(
  db: Knex,
  tenantId: string,
  rows: Knex.QueryBuilder,
  { before, ...filter }: MessageFilter,
): AsyncGenerator<MessageRow[]> {
  within(rows, 'time', filter)
  if (before !== undefined && !(await isBehind(db, tenantId, rows, before))) throw unknownMessage()
  yield* readPages<MessageRow>(db, rows, { columns: columnsOf(db), id: 'message_id' }, filter)
}

/** Keeps rows that stand after a message in the list; false when there is no such message. */
async function isBehind(db: Knex, tenantId: string, rows: Knex.QueryBuilder, message: string): Promise<boolean> {
  const id = message.replace('msg-', '')
  // As text, because a Date has no microseconds.
  const place = await db('ocpp.messages')
    .first(db.raw('time::text as time'))
    .where({ tenant_id: tenantId, message_id: id })
  if (place === undefined) return false
  rows.whereRaw('(time, message_id) < (?::timestamptz, ?::bigint)', [place.time, id])
  return true
}

/** For `before` that names no message. */
export const unknownMessage = () => invalid('before', 'before names no message')
