import type { Knex } from 'knex'

export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** Something that may be an attack. */
export interface SecurityEvent {
  tenantId: string
  /** Such as `AUTH_FAILED`. */
  category: string
  /** Whom it concerns; `UNKNOWN` where that cannot be said. */
  identity: string
  message: string
  severity: Severity
  /** Such as `{ip, attempt}`. */
  details: Record<string, unknown>
}

/** Notes an event and counts it. */
export async function add(db: Knex, event: SecurityEvent): Promise<void> {
  await db.raw(
    `with noted as (
       insert into ocpp.security_events (tenant_id, category, identity, message, severity, details)
       values (:tenantId, :category, :identity, :message, :severity, :details::jsonb))
     insert into ocpp.totals as t (tenant_id, process_id, security_events)
     values (:tenantId, '00000000-0000-0000-0000-000000000000', 1)
     on conflict (tenant_id, process_id) do update set security_events = t.security_events + 1`,
    { ...event, details: JSON.stringify(event.details) },
  )
}

/** Forgets events of more than so many days ago; they stay counted. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.security_events').whereRaw('time < now() - make_interval(days => ?)', [days]).delete()
}
