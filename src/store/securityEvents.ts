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

/**
 * Notes an event and counts it.
 *
 * @param fingerprint what tells the event from others of its identity; one that was noted before is not noted again
 */
export async function add(db: Knex, event: SecurityEvent, fingerprint?: string): Promise<void> {
  await db.raw(
    `with noted as (
       insert into ocpp.security_events (tenant_id, category, identity, message, severity, details, fingerprint)
       values (:tenantId, :category, :identity, :message, :severity, :details::jsonb, :fingerprint)
       on conflict (tenant_id, identity, fingerprint) where fingerprint is not null do nothing
       returning tenant_id)
     insert into ocpp.totals as t (tenant_id, process_id, security_events)
     select tenant_id, '00000000-0000-0000-0000-000000000000', 1 from noted
     on conflict (tenant_id, process_id) do update set security_events = t.security_events + 1`,
    { ...event, details: JSON.stringify(event.details), fingerprint: fingerprint ?? null },
  )
}

/** Forgets events of more than so many days ago; they stay counted. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.security_events').whereRaw('time < now() - make_interval(days => ?)', [days]).delete()
}
