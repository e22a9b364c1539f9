import type { Knex } from 'knex'
import type pg from 'pg'
import { arrayLiteral, textArrayLiteral } from './arrayLiteral.ts'

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
  /** Milliseconds since 1970. */
  time: number
  /** The text of JSON, as bytes: many messages wait at a time, and bytes are nothing that a garbage collector moves. */
  payload: Buffer | null
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

/**
 * One statement is one transaction: a message is counted if and only if it is kept. Payloads come as one array of JSON,
 * which nobody has to quote. Messages get their ids in the order in which they came.
 */
const STORE = `
  with link as (
    select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[])
      with ordinality as l (tenant_id, identity, connection_id, protocol, link)
  ), stored as (
    insert into ocpp.messages (tenant_id, identity, connection_id, unique_id, direction, type, method, protocol, time,
      payload, response_ms, error_code, violation, raw)
    select tenant_id, identity, connection_id, u, d, k, m, protocol, to_timestamp(w / 1000),
      case when b::text <> 'null' then b end, r, e, v, x
    from rows from (
      unnest($5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::float8[], $11::float8[], $12::text[],
        $13::text[], $14::text[]),
      json_array_elements($28::json)
    ) with ordinality as given (link, u, d, k, m, w, r, e, v, x, b, ordinal)
    join link using (link)
    order by ordinal
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
      ...messageColumns(messages),
      ...columns(stations, ['tenantId', 'identity', 'messages', 'errors', 'lastAt']),
      ...columns(seconds, ['tenantId', 'second', 'messages', 'errors', 'answers', 'answerMs', 'dropped']),
      processId,
      jsonArray(messages.map(({ payload }) => payload ?? NULL)),
    ],
  })
}

const [OPEN, COMMA, CLOSE, NULL] = ['[', ',', ']', 'null'].map(text => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
]

const jsonArray = (elements: Buffer[]): Buffer =>
  Buffer.concat([...elements.flatMap((element, index) => [index === 0 ? OPEN : COMMA, element]), CLOSE])

/** What is the same for all messages of a connection goes once. */
function messageColumns(messages: StoredMessage[]): string[] {
  const numbers = new Map<string, number>()
  const links: StoredMessage[] = []
  const link = messages.map(message => {
    const known = numbers.get(message.connectionId)
    if (known !== undefined) return known
    numbers.set(message.connectionId, links.push(message))
    return links.length
  })
  return [
    arrayLiteral(links.map(({ tenantId }) => tenantId)),
    textArrayLiteral(links.map(({ identity }) => identity)),
    arrayLiteral(links.map(({ connectionId }) => connectionId)),
    arrayLiteral(links.map(({ protocol }) => protocol)),
    arrayLiteral(link),
    textArrayLiteral(messages.map(({ uniqueId }) => uniqueId)),
    arrayLiteral(messages.map(({ direction }) => direction)),
    arrayLiteral(messages.map(({ type }) => type)),
    textArrayLiteral(messages.map(({ method }) => method)),
    arrayLiteral(messages.map(({ time }) => time)),
    arrayLiteral(messages.map(({ responseMs }) => responseMs)),
    textArrayLiteral(messages.map(({ errorCode }) => errorCode)),
    textArrayLiteral(messages.map(({ violation }) => violation)),
    textArrayLiteral(messages.map(({ raw }) => raw)),
  ]
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
