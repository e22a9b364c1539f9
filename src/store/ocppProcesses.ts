import type { Knex } from 'knex'

/**
 * Says that a process lives. When others have taken it for dead, which an absent database makes them, its connections
 * are shown again.
 *
 * @param connectionIds tells those of its sockets, when they are needed
 */
export async function beat(db: Knex, processId: string, connectionIds: () => string[]): Promise<void> {
  await db.transaction(async transaction => {
    const known = await transaction('ocpp.processes')
      .where({ process_id: processId })
      .update({ seen_at: transaction.fn.now() })
    if (known > 0) return
    await transaction('ocpp.processes').insert({
      process_id: processId,
      started_at: transaction.fn.now(),
      seen_at: transaction.fn.now(),
    })
    await transaction.raw(
      `with reopened as (
         update ocpp.connections set disconnected_at = null, close_code = null, close_reason = null
         where connection_id = any(:ids) and disconnected_at is not null
         returning tenant_id, identity, connection_id)
       update ocpp.connection_states s set disconnected_at = null from reopened r
       where s.tenant_id = r.tenant_id and s.identity = r.identity and s.connection_id = r.connection_id`,
      { ids: connectionIds() },
    )
  })
}

/** What is counted without telling whose process it was. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** Ends what processes have left open that were not heard of for so long. Returns how many there were. */
export async function bury(db: Knex, silenceSeconds: number): Promise<number> {
  return db.transaction(async transaction => {
    const dead = await transaction('ocpp.processes')
      .whereRaw('seen_at < now() - make_interval(secs => ?)', [silenceSeconds])
      .delete('process_id')
    if (dead.length > 0)
      await end(
        transaction,
        dead.map(({ process_id }) => process_id),
      )
    return dead.length
  })
}

/** A process that ends by itself leaves nothing behind. */
export async function leave(db: Knex, processId: string): Promise<void> {
  await db.transaction(async transaction => {
    await transaction('ocpp.processes').where({ process_id: processId }).delete()
    await end(transaction, [processId])
  })
}

async function end(db: Knex, processIds: string[]): Promise<void> {
  await db.raw(
    `with closed as (
       update ocpp.connections set disconnected_at = now(), close_code = 1006, close_reason = 'the server process ended'
       where process_id = any(:processIds) and disconnected_at is null returning tenant_id, identity, connection_id)
     update ocpp.connection_states s set disconnected_at = now() from closed c
     where s.tenant_id = c.tenant_id and s.identity = c.identity and s.connection_id = c.connection_id
       and s.disconnected_at is null`,
    { processIds },
  )
  await db.raw(
    `with gone as (delete from ocpp.totals where process_id = any(:processIds) returning *)
     insert into ocpp.totals as t
       (tenant_id, process_id, messages, errors, connections, security_events, system_events, dropped)
     select tenant_id, :nobody::uuid, sum(messages), sum(errors), sum(connections), sum(security_events),
       sum(system_events), sum(dropped)
     from gone group by tenant_id order by tenant_id
     on conflict (tenant_id, process_id) do update set
       messages = t.messages + excluded.messages, errors = t.errors + excluded.errors,
       connections = t.connections + excluded.connections,
       security_events = t.security_events + excluded.security_events,
       system_events = t.system_events + excluded.system_events, dropped = t.dropped + excluded.dropped`,
    { processIds, nobody: NOBODY },
  )
}
