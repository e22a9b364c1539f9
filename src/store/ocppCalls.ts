import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import type { Outcome } from '../ocpp/action.ts'
import { maskPayload, maskText } from '../ocpp/masking.ts'

/** What is to be done by the process that holds the socket of a station. */
export interface QueuedCall {
  tenantId: string
  identity: string
  /** An action of OCPP, or `$disconnect`. */
  action: string
  payload: Record<string, unknown>
  requestedBy: string
  timeoutSeconds: number
  /** Whether it may wait for the next process when the one that took it goes away before it was sent. */
  mayMove?: boolean
}

/** Ends the connection instead of sending anything. */
export const DISCONNECT = '$disconnect'

/** A row of ocpp.calls, as far as it tells what became of the call. */
export interface CallRow {
  status: 'queued' | 'sent' | 'answered' | 'refused' | 'failed'
  answer: Record<string, unknown> | null
  error_code: string | null
  error_description: string | null
}

/** Queues a call; the feed brings it to the process that holds the socket. @returns its id */
export async function queue(db: Knex, call: QueuedCall, callId: string = randomUUID()): Promise<string> {
  await db('ocpp.calls').insert(rowOf(db, call, callId))
  return callId
}

/** Notes a call that this process sends by itself, masked, since nobody has to read it again. @returns its id */
export async function noteSent(db: Knex, call: QueuedCall, processId: string): Promise<string> {
  const callId = randomUUID()
  const masked = { ...call, payload: maskPayload(call.payload) }
  await db('ocpp.calls').insert({
    ...rowOf(db, masked, callId),
    status: 'sent',
    claimed_by: processId,
    sent_at: db.fn.now(),
  })
  return callId
}

const rowOf = (db: Knex, call: QueuedCall, callId: string) => ({
  call_id: callId,
  tenant_id: call.tenantId,
  identity: call.identity,
  action: call.action,
  payload: JSON.stringify(call.payload),
  requested_by: call.requestedBy,
  may_move: call.mayMove ?? false,
  expires_at: db.raw(`now() + ? * interval '1 second'`, [call.timeoutSeconds]),
})

/** A call that this process is to send. */
export interface ClaimedCall {
  callId: string
  identity: string
  action: string
  payload: Record<string, unknown>
  /** How long somebody waits for it, in milliseconds. */
  patience: number
  mayMove: boolean
}

/** Takes all that waits for a station, in order; nobody else gets it then. */
export async function claim(db: Knex, identity: string, processId: string): Promise<ClaimedCall[]> {
  const { rows } = await db.raw<{ rows: ClaimedCall[] }>(
    `with claimed as (
       update ocpp.calls set status = 'sent', sent_at = now(), claimed_by = :processId
       where call_id in (
         select call_id from ocpp.calls where identity = :identity and status = 'queued' and expires_at > now()
         for update skip locked)
       returning *)
     select call_id as "callId", identity, action, payload, may_move as "mayMove",
       extract(epoch from expires_at - now())::float8 * 1000 as patience
     from claimed order by created_at`,
    { identity, processId },
  )
  return rows
}

/** Lets a call wait for the next process that was never sent; who took it stays noted. */
export async function putBack(db: Knex, callId: string): Promise<void> {
  await db('ocpp.calls').where({ call_id: callId, status: 'sent' }).update({ status: 'queued', sent_at: null })
}

/** Keeps what became of a call that was sent, and nothing of credentials. */
export async function finish(db: Knex, callId: string, outcome: Outcome): Promise<void> {
  const [call] = await db('ocpp.calls').select('payload').where({ call_id: callId, status: 'sent' })
  if (call === undefined) return
  await db('ocpp.calls')
    .where({ call_id: callId, status: 'sent' })
    .update({ ...columnsOf(outcome), payload: JSON.stringify(maskPayload(call.payload)), finished_at: db.fn.now() })
}

function columnsOf(outcome: Outcome): Partial<Record<keyof CallRow, string | null>> {
  switch (outcome.kind) {
    case 'result':
      return { status: 'answered', answer: JSON.stringify(maskPayload(outcome.payload)) }
    case 'error':
      return {
        status: 'refused',
        answer: JSON.stringify(maskPayload(outcome.details)),
        error_code: outcome.code.slice(0, 255),
        error_description: maskText(outcome.description),
      }
    case 'timeout':
      return { status: 'failed', error_code: TIMEOUT }
    case 'offline':
      return { status: 'failed', error_code: OFFLINE }
    case 'busy':
      return { status: 'failed', error_code: BUSY }
  }
}

const TIMEOUT = 'TIMEOUT'
const OFFLINE = 'OFFLINE'
const BUSY = 'BUSY'

/** What became of a call by its row; undefined while nothing has. */
export function outcomeOf({ status, answer, error_code, error_description }: CallRow): Outcome | undefined {
  if (status === 'answered') return { kind: 'result', payload: answer ?? {} }
  if (status === 'refused')
    return { kind: 'error', code: error_code!, description: error_description ?? '', details: answer ?? {} }
  if (status !== 'failed') return undefined
  if (error_code === BUSY) return { kind: 'busy' }
  return { kind: error_code === OFFLINE ? 'offline' : 'timeout' }
}

/**
 * Where a call stands. One that waits for a station that has gone offline meanwhile is not sent any more, unless a process
 * that went away has put it back.
 *
 * @param isOver whether nobody waits for it any more
 */
export async function look(db: Knex, callId: string, isOver: boolean): Promise<CallRow> {
  await db.raw(
    `update ocpp.calls k set status = 'failed', payload = '{}', finished_at = now(),
       error_code = case when k.status = 'queued' and not ${IS_CONNECTED} then '${OFFLINE}' else '${TIMEOUT}' end
     where k.call_id = :callId and (:isOver and k.status in ('queued', 'sent')
       or k.status = 'queued' and k.claimed_by is null and not ${IS_CONNECTED})`,
    { callId, isOver },
  )
  return db('ocpp.calls').first('status', 'answer', 'error_code', 'error_description').where({ call_id: callId })
}

const IS_CONNECTED = `exists (
  select from ocpp.connection_states s
  where s.tenant_id = k.tenant_id and s.identity = k.identity and s.disconnected_at is null)`

/** Ends what nobody took in time, and what a process was at when it died. */
export async function endOverdue(db: Knex): Promise<void> {
  await db.raw(
    `update ocpp.calls set status = 'failed', error_code = '${TIMEOUT}', payload = '{}', finished_at = now()
     where status in ('queued', 'sent') and expires_at < now() - interval '5 seconds'`,
  )
  await db.raw(
    `update ocpp.calls set status = 'failed', error_code = 'INTERRUPTED', payload = '{}', finished_at = now(),
       error_description = 'the server process that sent it ended before the answer'
     where status = 'sent' and not exists (select from ocpp.processes p where p.process_id = claimed_by)`,
  )
}

/** Removes calls that are older than so many days. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.calls').whereRaw('created_at < now() - make_interval(days => ?)', [days]).delete()
}
