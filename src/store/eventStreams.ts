import type { Knex } from 'knex'
import type { Station } from '../ocpp/action.ts'

/** A stream of the values that one monitor watches (OCPP 2.1). */
export interface EventStream {
  id: number
  variableMonitoringId: number
  params: object
}

/** Opens a stream; one of that id that was there is replaced. */
export async function open(db: Knex, { tenantId, identity }: Station, stream: EventStream, at: Date): Promise<void> {
  await db('ocpp.event_streams')
    .insert({
      tenant_id: tenantId,
      identity,
      stream_id: stream.id,
      monitor_id: stream.variableMonitoringId,
      parameters: JSON.stringify(stream.params),
      opened_at: at,
      closed_at: null,
      latest_value: null,
      latest_at: null,
    })
    .onConflict(['identity', 'stream_id'])
    .merge()
}

/** Keeps the newest value of a stream that is open. */
export async function heard(
  db: Knex,
  { identity }: Station,
  streamId: number,
  latest: { value: string; at: Date },
): Promise<void> {
  await db('ocpp.event_streams')
    .where({ identity, stream_id: streamId, closed_at: null })
    .whereRaw('coalesce(latest_at, ?) <= ?', [latest.at, latest.at])
    .update({ latest_value: latest.value, latest_at: latest.at })
}

export async function close(db: Knex, { identity }: Station, streamId: number, at: Date): Promise<void> {
  await db('ocpp.event_streams').where({ identity, stream_id: streamId, closed_at: null }).update({ closed_at: at })
}
