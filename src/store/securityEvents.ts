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

/**
 * The how manieth failed login the next one of a name from an address is. They are counted until a quarter of an hour
 * passes without one, or until a station of that name gets in from there. Who asks for the same waits until the
 * transaction is over, so that two of them never get one number.
 */
export async function nextAttempt(
  transaction: Knex,
  login: { tenantId: string; identity: string; ip: string },
): Promise<number> {
  const key = ['failed login', login.tenantId, login.ip, login.identity].join(' ')
  await transaction.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [key])
  const { rows } = await transaction.raw<{ rows: { attempt: number | null }[] }>(
    `select (details->>'attempt')::int + 1 as attempt
     from (
       select details, time from ocpp.security_events
       where tenant_id = :tenantId and category = 'AUTH_FAILED' and identity = :identity and details->>'ip' = :ip
       order by event_id desc limit 1) as last
     where time > now() - interval '15 minutes' and not exists (
       select from ocpp.connections c
       where c.identity = :identity and c.tenant_id = :tenantId and c.remote_address = :ip
         and c.connected_at > last.time)`,
    { ...login },
  )
  return rows[0]?.attempt ?? 1
}

/** Forgets events of more than so many days ago; they stay counted. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.security_events').whereRaw('time < now() - make_interval(days => ?)', [days]).delete()
}
