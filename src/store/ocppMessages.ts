import type { Knex } from 'knex'
import type pg from 'pg'

/** A message as it is kept; secrets are masked already. */
export interface StoredMessage {
  tenantId: string
  identity: string
  connectionId: string
  uniqueId: string | null
  direction: 'IN' | 'OUT'
  type: 'CALL' | 'CALLRESULT' | 'CALLERROR' | 'SEND' | 'CALLRESULTERROR' | 'INVALID'
  /** The action; `Unknown` where it is not known. */
  method: string
  protocol: string
  time: Date
  /** JSON text. */
  payload: string | null
  responseMs: number | null
  errorCode: string | null
  violation: string | null
  raw: string | null
}

/** What a station has added to its numbers. */
export interface StationCount {
  tenantId: string
  identity: string
  messages: number
  errors: number
  lastAt: Date
}

/** What a process has added in one second. */
export interface SecondCount {
  tenantId: string
  second: Date
  messages: number
  errors: number
  answers: number
  answerMs: number
  dropped: number
}

/** One statement is one transaction: a message is counted if and only if it is kept. */
const STORE = `
  with stored as (
    insert into ocpp.messages (tenant_id, identity, connection_id, unique_id, direction, type, method, protocol, time,
      payload, response_ms, error_code, violation, raw)
    select t, i, c, u, d, k, m, p, w, b::json, r, e, v, x from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[],
      $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::float8[], $12::text[],
      $13::text[], $14::text[]) as given (t, i, c, u, d, k, m, p, w, b, r, e, v, x)
  ), shown as (
    update ocpp.connection_states s set
      message_count = s.message_count + g.messages,
      error_count = s.error_count + g.errors,
      last_message_at = greatest(s.last_message_at, g.last_at)
    from unnest($15::uuid[], $16::text[], $17::int[], $18::int[], $19::timestamptz[])
      as g (tenant_id, identity, messages, errors, last_at)
    where s.tenant_id = g.tenant_id and s.identity = g.identity
  ), second as (
    select * from unnest($20::uuid[], $21::timestamptz[], $22::int[], $23::int[], $24::int[], $25::float8[], $26::int[])
      as g (tenant_id, second, messages, errors, answers, answer_ms, dropped)
  ), rated as (
    insert into ocpp.rates as r (tenant_id, process_id, second, messages, errors, answers, answer_ms)
    select tenant_id, $27::uuid, second, messages, errors, answers, answer_ms from second
    on conflict (tenant_id, second, process_id) do update set
      messages = r.messages + excluded.messages,
      errors = r.errors + excluded.errors,
      answers = r.answers + excluded.answers,
      answer_ms = r.answer_ms + excluded.answer_ms
  )
  insert into ocpp.totals as t (tenant_id, process_id, messages, errors, dropped)
  select tenant_id, $27::uuid, sum(messages), sum(errors), sum(dropped) from second group by 1 order by 1
  on conflict (tenant_id, process_id) do update set
    messages = t.messages + excluded.messages,
    errors = t.errors + excluded.errors,
    dropped = t.dropped + excluded.dropped`

/** Keeps messages and adds them to the numbers of their stations and of the process, in one transaction. */
export async function store(
  pool: pg.Pool,
  processId: string,
  messages: StoredMessage[],
  stations: StationCount[],
  seconds: SecondCount[],
): Promise<void> {
  await pool.query({
    name: 'store-messages',
    text: STORE,
    values: [
      ...columns(messages, [
        'tenantId',
        'identity',
        'connectionId',
        'uniqueId',
        'direction',
        'type',
        'method',
        'protocol',
        'time',
        'payload',
        'responseMs',
        'errorCode',
        'violation',
        'raw',
      ]),
      ...columns(stations, ['tenantId', 'identity', 'messages', 'errors', 'lastAt']),
      ...columns(seconds, ['tenantId', 'second', 'messages', 'errors', 'answers', 'answerMs', 'dropped']),
      processId,
    ],
  })
}

const columns = <Row>(rows: Row[], names: (keyof Row)[]): unknown[][] => names.map(name => rows.map(row => row[name]))

/**
 * Makes the daily partitions from yesterday to three days ahead. What is older, such as what a process wrote that was
 * away for days, goes into the default partition. Returns how many were missing.
 */
export async function ensurePartitions(db: Knex): Promise<number> {
  const { rows } = await db.raw<{ rows: { made: number }[] }>(
    `select ocpp.ensure_partitions(today - 1, today + 3) as made
     from (select (now() at time zone 'UTC')::date as today) as day`,
  )
  return rows[0]!.made
}

/** Drops the days before those that are kept, with the connections and the numbers per second of that time. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db.raw(`select ocpp.drop_partitions((now() at time zone 'UTC')::date - :days::int)`, { days })
  await db('ocpp.connections').whereRaw('disconnected_at < now() - make_interval(days => ?)', [days]).delete()
  await db('ocpp.rates').whereRaw(`second < now() - interval '1 day'`).delete()
}
