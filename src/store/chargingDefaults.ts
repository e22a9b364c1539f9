import type { Knex } from 'knex'
import type { Protocol } from '../ocpp/action.ts'

/** A station at which sessions may begin. */
export interface SiteStation {
  identity: string
  tenantId: string
  /** What it speaks, or spoke last. */
  protocol: Protocol
  isConnected: boolean
  connectedAt: Date
  bootedAt: Date | null
  /** Its connectors as far as they are known, as tellus numbers them. */
  connectorIds: number[]
  /** What a connector takes by the device's model, or the site's capacity, in kW. */
  ratingKw: number
  told: ToldDefault | null
}

/** The limit of sessions that have just begun, as a station was told it last. */
export interface ToldDefault {
  siteId: string
  toldKw: number
  /** The most that it may hold, in kW per session; null where it never took one. */
  heldKw: number | null
  /** Why it did not take it; null when it did. */
  reason: string | null
  toldAt: Date
}

const PLACED = `ocpp.stations st left join core.devices own on own.device_id = st.device_id`
const PLACE = 'coalesce(st.site_id, own.site_id)'

/** The stations of a site that were ever connected, by their names. */
export async function stationsOf(db: Knex, siteId: string): Promise<SiteStation[]> {
  const { rows } = await db.raw<{ rows: (Omit<SiteStation, 'told'> & ToldDefault)[] }>(
    `select st.identity, st.tenant_id as "tenantId", link.protocol, link.disconnected_at is null as "isConnected",
       link.connected_at as "connectedAt", st.booted_at as "bootedAt",
       array(select connector_id from core.connectors c where c.device_id = st.device_id order by connector_id)
         as "connectorIds",
       coalesce(m.max_power_kw, s.power_capacity_kw)::float8 as "ratingKw",
       g.site_id as "siteId", g.told_kw as "toldKw", g.held_kw as "heldKw", g.reason, g.told_at as "toldAt"
     from ${PLACED}
       join core.sites s on s.site_id = ${PLACE} and s.tenant_id = st.tenant_id
       join ocpp.connection_states link on link.tenant_id = st.tenant_id and link.identity = st.identity
       left join core.device_models m on m.manufacturer = own.manufacturer and m.model = own.model
       left join ocpp.charging_defaults g on g.identity = st.identity and g.tenant_id = st.tenant_id
     where s.site_id = :siteId order by st.identity`,
    { siteId },
  )
  return rows.map(({ siteId: at, toldKw, heldKw, reason, toldAt, ...station }) => ({
    ...station,
    told: at === null ? null : { siteId: at, toldKw, heldKw, reason, toldAt },
  }))
}

export type Leaving = Pick<SiteStation, 'identity' | 'tenantId' | 'protocol'>

/**
 * The connected stations that hold a default limit of this site and are to lose it: all of them, or only those that have
 * moved to a site that shares no power, or to none.
 */
export async function leaving(db: Knex, siteId: string, isOff: boolean): Promise<Leaving[]> {
  const { rows } = await db.raw<{ rows: Leaving[] }>(
    `select st.identity, st.tenant_id as "tenantId", link.protocol
     from ${PLACED}
       join ocpp.charging_defaults g on g.identity = st.identity and g.tenant_id = st.tenant_id
       join ocpp.connection_states link on link.tenant_id = st.tenant_id and link.identity = st.identity
         and link.disconnected_at is null
       left join ocpp.site_charging there on there.site_id = ${PLACE}
     where g.site_id = :siteId and there.enabled is not true
       and (:isOff or ${PLACE} is distinct from :siteId)`,
    { siteId, isOff },
  )
  return rows
}

/**
 * Notes what stations are about to be told; until they have answered, each may hold whichever is more. A station that
 * starts anew after this may have forgotten it, also before its answer is known here.
 *
 * @returns when this is, by the database's clock
 */
export async function note(
  db: Knex,
  siteId: string,
  told: { identity: string; tenantId: string; toldKw: number }[],
): Promise<Date> {
  const { rows } = await db.raw<{ rows: [{ toldAt: Date }] }>(
    `insert into ocpp.charging_defaults as g (identity, tenant_id, site_id, told_kw, held_kw, reason, told_at)
     select identity, "tenantId", :siteId, "toldKw", "toldKw", 'pending', now()
     from jsonb_to_recordset(:told::jsonb) as (identity text, "tenantId" uuid, "toldKw" float8)
     on conflict (identity) do update set tenant_id = excluded.tenant_id, site_id = excluded.site_id,
       told_kw = excluded.told_kw, held_kw = greatest(g.held_kw, excluded.told_kw), reason = excluded.reason,
       told_at = excluded.told_at
     returning told_at as "toldAt"`,
    { siteId, told: JSON.stringify(told) },
  )
  return rows[0].toldAt
}

/** What came of it. @param heldKw the most that the station may hold now */
export async function settle(
  db: Knex,
  identity: string,
  { heldKw, reason }: Pick<ToldDefault, 'heldKw' | 'reason'>,
): Promise<void> {
  await db('ocpp.charging_defaults').where({ identity }).update({ held_kw: heldKw, reason })
}

/** The station holds none any more. */
export async function remove(db: Knex, identity: string): Promise<void> {
  await db('ocpp.charging_defaults').where({ identity }).delete()
}
