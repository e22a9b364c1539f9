import type { Knex } from 'knex'

/** What is to be done by the process that holds the socket of a station. */
export interface QueuedCall {
  tenantId: string
  identity: string
  /** An action of OCPP, or `$disconnect`. */
  action: string
  payload: Record<string, unknown>
  requestedBy: string
  timeoutSeconds: number
}

/** Ends the connection instead of sending anything. */
export const DISCONNECT = '$disconnect'

/** Queues a call; the feed brings it to the process that holds the socket. @returns its id */
export async function queue(db: Knex, call: QueuedCall): Promise<string> {
  const [row] = await db('ocpp.calls')
    .insert({
      tenant_id: call.tenantId,
      identity: call.identity,
      action: call.action,
      payload: JSON.stringify(call.payload),
      requested_by: call.requestedBy,
      expires_at: db.raw(`now() + ? * interval '1 second'`, [call.timeoutSeconds]),
    })
    .returning('call_id')
  return row.call_id
}
