import type { Knex } from 'knex'
import { drop } from './proxyQueue.ts'

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

export type ProxyEventType = 'translation' | 'upstream_connected' | 'upstream_lost' | 'dropped' | 'error'

export interface ProxyEvent {
  tenantId: string
  identity: string
  type: ProxyEventType
  fromProtocol: string
  toProtocol: string
  method: string
  details?: Record<string, unknown>
}

/** A row of ocpp.proxies, as tables and the feed have it. */
export interface ProxyRow {
  identity: string
  tenant_id: string
  upstream_url: string
  upstream_protocol: Proxy['upstreamProtocol']
  upstream_password: string | null
  enabled: boolean
  updated_at: Date
}

export const fromRow = (row: ProxyRow): Proxy => ({
  identity: row.identity,
  tenantId: row.tenant_id,
  upstreamUrl: row.upstream_url,
  upstreamProtocol: row.upstream_protocol,
  password: row.upstream_password,
  enabled: row.enabled,
  updatedAt: row.updated_at,
})

/** Every proxy that is switched on. */
export async function listEnabled(db: Knex): Promise<Proxy[]> {
  return (await db('ocpp.proxies').where({ enabled: true })).map(fromRow)
}

/** A station's proxy; undefined when it has none, or is another tenant's. */
export async function findOfTenant(db: Knex, tenantId: string, identity: string): Promise<Proxy | undefined> {
  const row = await db('ocpp.proxies').first().where({ identity, tenant_id: tenantId })
  return row && fromRow(row)
}

/**
 * Sets a station's proxy. What waits for the upstream before is not for another one, and is dropped.
 *
 * @param proxy without a password, the one that was set before stays as long as the address does
 * @returns undefined when the tenant has no such station
 */
export async function put(db: Knex, proxy: Omit<Proxy, 'updatedAt'>): Promise<Proxy | undefined> {
  return db.transaction(async transaction => {
    const before = await transaction<ProxyRow>('ocpp.proxies').first().where({ identity: proxy.identity }).forUpdate()
    const stored = await upsert(transaction, proxy)
    if (stored === undefined) return undefined
    const isSame = before?.upstream_url === stored.upstreamUrl && before.tenant_id === stored.tenantId
    if (before !== undefined && !isSame) await drop(transaction, before.identity, before.upstream_protocol)
    return stored
  })
}

async function upsert(
  db: Knex,
  { tenantId, identity, upstreamUrl, upstreamProtocol, password, enabled }: Omit<Proxy, 'updatedAt'>,
): Promise<Proxy | undefined> {
  const { rows } = await db.raw<{ rows: ProxyRow[] }>(
    `insert into ocpp.proxies as p (identity, tenant_id, upstream_url, upstream_protocol, upstream_password, enabled)
     select identity, tenant_id, :upstreamUrl, :upstreamProtocol, :password, :enabled from ocpp.stations
     where identity = :identity and tenant_id = :tenantId
     on conflict (identity) do update set tenant_id = excluded.tenant_id, upstream_url = excluded.upstream_url,
       upstream_protocol = excluded.upstream_protocol, enabled = excluded.enabled, updated_at = now(),
       upstream_password = coalesce(excluded.upstream_password,
         case when p.upstream_url = excluded.upstream_url and p.tenant_id = excluded.tenant_id
           then p.upstream_password end)
     returning *`,
    { tenantId, identity, upstreamUrl, upstreamProtocol, password, enabled },
  )
  return rows[0] && fromRow(rows[0])
}

/** Takes a station's proxy away, and drops what waits for the upstream. @returns whether the tenant's station had one */
export async function remove(db: Knex, tenantId: string, identity: string): Promise<boolean> {
  return db.transaction(async transaction => {
    const [removed] = await transaction<ProxyRow>('ocpp.proxies')
      .where({ identity, tenant_id: tenantId })
      .delete()
      .returning('upstream_protocol')
    if (removed === undefined) return false
    await drop(transaction, identity, removed.upstream_protocol)
    return true
  })
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
