import type { Knex } from 'knex'
import type { Station } from '../ocpp/action.ts'

/** Keeps messages that stand on the display of a station, by their id. */
export async function storeDisplayed(
  db: Knex,
  { tenantId, identity }: Station,
  messages: { id: number }[],
  at: Date,
): Promise<void> {
  if (messages.length === 0) return
  const latest = new Map(messages.map(message => [message.id, message]))
  await db('ocpp.display_messages')
    .insert(
      [...latest].map(([id, message]) => ({
        tenant_id: tenantId,
        identity,
        message_id: id,
        message: JSON.stringify(message),
        reported_at: at,
      })),
    )
    .onConflict(['identity', 'message_id'])
    .merge()
}

/** Keeps one part of what a station knows of a customer. */
export async function storeCustomerInformation(
  db: Knex,
  { tenantId, identity }: Station,
  part: { requestId: number; sequence: number; data: string; at: Date },
): Promise<void> {
  await db('ocpp.customer_information')
    .insert({
      tenant_id: tenantId,
      identity,
      request_id: part.requestId,
      sequence: part.sequence,
      data: part.data,
      generated_at: part.at,
    })
    .onConflict(['identity', 'request_id', 'sequence'])
    .merge()
}

/** Forgets what was said of customers more than so many days ago. */
export async function removeOldCustomerInformation(db: Knex, days: number): Promise<void> {
  await db('ocpp.customer_information').whereRaw('received_at < now() - make_interval(days => ?)', [days]).delete()
}
