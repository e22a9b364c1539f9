import type { Knex } from 'knex'
import type { List, Listing, Period } from './boardLists.ts'

/** What a tenant's stations did, over all processes. */
export interface BoardNumbers {
  connected: number
  peak: number
  uptimeSeconds: number
  messages: number
  errors: number
  connections: number
  securityEvents: number
  systemEvents: number
  dropped: number
  /** Of the last 60 seconds. */
  recent: Rates
}

/** Sums over a stretch of time. */
export interface Rates {
  messages: number
  errors: number
  /** Answers whose time is known, and the milliseconds that they took together. */
  answers: number
  answerMs: number
}

/** Of the stretch that `recent` sums up, in seconds. */
export const RECENT_SECONDS = 60
/** Of a step of the history, in seconds. */
export const STEP_SECONDS = 10

const SUMS = `coalesce(sum(messages), 0)::float8 as messages, coalesce(sum(errors), 0)::float8 as errors,
  coalesce(sum(answers), 0)::float8 as answers, coalesce(sum(answer_ms), 0)::float8 as "answerMs"`

/** All of it stands where it is counted when it happens: nothing is counted here but the stations that are connected. */
const NUMBERS = `
  select
    (select count(*)::int from ocpp.connection_states
     where tenant_id = :tenantId and disconnected_at is null) as connected,
    coalesce((select connections from ocpp.peaks where tenant_id = :tenantId), 0) as peak,
    coalesce((select floor(extract(epoch from now() - min(started_at))) from ocpp.processes), 0)::float8
      as "uptimeSeconds",
    total.*,
    (select row_to_json(rate) from (
       select ${SUMS} from ocpp.rates
       where tenant_id = :tenantId and second > now() - interval '${RECENT_SECONDS} seconds') rate) as recent
  from (
    select coalesce(sum(messages), 0)::float8 as messages, coalesce(sum(errors), 0)::float8 as errors,
      coalesce(sum(connections), 0)::float8 as connections,
      coalesce(sum(security_events), 0)::float8 as "securityEvents",
      coalesce(sum(system_events), 0)::float8 as "systemEvents", coalesce(sum(dropped), 0)::float8 as dropped
    from ocpp.totals where tenant_id = :tenantId) total`

export async function readNumbers(db: Knex, tenantId: string): Promise<BoardNumbers> {
  const { rows } = await db.raw<{ rows: BoardNumbers[] }>(NUMBERS, { tenantId }).options({ name: 'board-numbers' })
  return rows[0]!
}

export interface Step extends Rates {
  time: Date
}

/** The last hour in steps that are over, newest first, without those in which nothing was said. */
export async function listSteps(
  db: Knex,
  tenantId: string,
  { from, to, limit = 100, offset = 0 }: Listing & Period,
): Promise<List<Step>> {
  const { rows } = await db.raw<{ rows: { items: (Rates & { time: string })[]; total: number }[] }>(
    `with step as (
       select date_bin('${STEP_SECONDS} seconds', second, 'epoch') as time, ${SUMS}
       from ocpp.rates
       where tenant_id = :tenantId and second >= now() - interval '1 hour'
         and second < date_bin('${STEP_SECONDS} seconds', now(), 'epoch')
         and second >= coalesce(:from::timestamptz, '-infinity') and second < coalesce(:to::timestamptz, 'infinity')
       group by 1)
     select (select count(*)::int from step) as total,
       (select coalesce(json_agg(page), '[]') from (
          select * from step order by time desc limit :limit offset :offset) page) as items`,
    { tenantId, from: from ?? null, to: to ?? null, limit, offset },
  )
  const [{ items, total }] = rows as [{ items: (Rates & { time: string })[]; total: number }]
  return { items: items.map(item => ({ ...item, time: new Date(item.time) })), total }
}

/** The same as the one page that an hour makes, unless a limit says otherwise. */
export async function* stepPages(
  db: Knex,
  tenantId: string,
  { limit = 3600 / STEP_SECONDS + 1, ...listing }: Listing & Period,
): AsyncGenerator<Step[]> {
  const { items } = await listSteps(db, tenantId, { limit, ...listing })
  yield items
}
