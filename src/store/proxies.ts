import type { Knex } from 'knex'

/** Another central system that a station is bridged to. */
export interface Proxy {
  identity: string
  tenantId: string
  upstreamUrl: string
  upstreamProtocol: 'ocpp1.6' | 'ocpp2.0.1'
  /** What the station's identity is shown with there. Never given out. */
  password: string | null
  enabled: boolean
  updatedAt: Date
}

export type ProxyEventType = 'translation' | 'upstream_connected' | 'upstream_lost' | 'error'

export interface ProxyEvent {
  tenantId: string
  identity: string
  type: ProxyEventType
  fromProtocol: string
  toProtocol: string
  method: string
  details?: Record<string, unknown>
}

const COLUMNS = {
  identity: 'identity',
  tenantId: 'tenant_id',
  upstreamUrl: 'upstream_url',
  upstreamProtocol: 'upstream_protocol',
  password: 'upstream_password',
  enabled: 'enabled',
  updatedAt: 'updated_at',
}

/** Every proxy that is switched on. */
export async function listEnabled(db: Knex): Promise<Proxy[]> {
  return db('ocpp.proxies').select(COLUMNS).where({ enabled: true })
}

/** A station's proxy, whoever asks; undefined when it has none. */
export async function find(db: Knex, identity: string): Promise<Proxy | undefined> {
  return db('ocpp.proxies').first(COLUMNS).where({ identity })
}

/** The same for a tenant; undefined for another tenant's. */
export async function findOfTenant(db: Knex, tenantId: string, identity: string): Promise<Proxy | undefined> {
  return db('ocpp.proxies').first(COLUMNS).where({ identity, tenant_id: tenantId })
}

/**
 * Sets a station's proxy.
 *
 * @param proxy without a password, the one that was set before stays as long as the address does
 * @returns undefined when the tenant has no such station
 */
export async function put(
  db: Knex,
  { tenantId, identity, upstreamUrl, upstreamProtocol, password, enabled }: Omit<Proxy, 'updatedAt'>,
): Promise<Proxy | undefined> {
  const { rows } = await db.raw(
    `insert into ocpp.proxies as p (identity, tenant_id, upstream_url, upstream_protocol, upstream_password, enabled)
     select identity, tenant_id, :upstreamUrl, :upstreamProtocol, :password, :enabled from ocpp.stations
     where identity = :identity and tenant_id = :tenantId
     on conflict (identity) do update set tenant_id = excluded.tenant_id, upstream_url = excluded.upstream_url,
       upstream_protocol = excluded.upstream_protocol, enabled = excluded.enabled, updated_at = now(),
       upstream_password = coalesce(excluded.upstream_password,
         case when p.upstream_url = excluded.upstream_url and p.tenant_id = excluded.tenant_id
           then p.upstream_password end)
     returning identity`,
    { tenantId, identity, upstreamUrl, upstreamProtocol, password, enabled },
  )
  return rows.length === 0 ? undefined : find(db, identity)
}

/** @returns whether the tenant's station had one */
export async function remove(db: Knex, tenantId: string, identity: string): Promise<boolean> {
  return (await db('ocpp.proxies').where({ identity, tenant_id: tenantId }).delete()) > 0
}

export async function addEvent(db: Knex, event: ProxyEvent): Promise<void> {
  await db('ocpp.proxy_events').insert({
    tenant_id: event.tenantId,
    identity: event.identity,
    type: event.type,
    from_protocol: event.fromProtocol,
    to_protocol: event.toProtocol,
    method: event.method,
    details: JSON.stringify(event.details ?? {}),
  })
}

/** Events that are older than this many days. */
export async function removeOldEvents(db: Knex, days: number): Promise<number> {
  return db('ocpp.proxy_events').whereRaw(`time < now() - ? * interval '1 day'`, [days]).delete()
}

/** What a station said of itself when it last registered; undefined when it never did. */
export async function bootFacts(
  db: Knex,
  identity: string,
): Promise<{ vendor: string; model: string; serialNumber: string | null; firmwareVersion: string | null } | undefined> {
  return db('ocpp.stations')
    .first('vendor', 'model', { serialNumber: 'serial_number', firmwareVersion: 'firmware_version' })
    .where({ identity })
    .whereNotNull('vendor')
    .whereNotNull('model')
}
