import type { Knex } from 'knex'

/** Something that happened to the system itself, such as a station that enrolled. */
export interface SystemEvent {
  tenantId: string
  /** Such as `STATION_ENROLLED`. */
  type: string
  identity: string | null
  message: string
  details: Record<string, unknown>
}

/** Notes an event and counts it. */
export async function add(db: Knex, event: SystemEvent): Promise<void> {
  await db.raw(
    `with noted as (
       insert into ocpp.system_events (tenant_id, type, identity, message, details)
       values (:tenantId, :type, :identity, :message, :details::jsonb))
     insert into ocpp.totals as t (tenant_id, process_id, system_events)
     values (:tenantId, '00000000-0000-0000-0000-000000000000', 1)
     on conflict (tenant_id, process_id) do update set system_events = t.system_events + 1`,
    { ...event, details: JSON.stringify(event.details) },
  )
}

/** Forgets events of more than so many days ago; they stay counted. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.system_events').whereRaw('time < now() - make_interval(days => ?)', [days]).delete()
}
