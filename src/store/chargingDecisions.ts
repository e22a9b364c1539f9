import type { Knex } from 'knex'
import type { Protocol } from '../ocpp/action.ts'

/** A session that is underway at a site, with what was decided about it last. */
export interface SiteSession {
  transactionKey: string
  tenantId: string
  identity: string
  protocol: Protocol
  /** The id by which its station knows it; of 1.6 a number. */
  transactionId: string
  evseId: number | null
  connectorId: number
  idTag: string | null
  /** What the connector takes by the device's model, or the site's capacity, in kW. */
  ratingKw: number
  /** What a command or a flexibility control leaves the connector, in kW; null when none is in force. */
  commandedKw: number | null
  /** When that ends by itself; null when it does not. */
  commandedUntil: Date | null
  /** When the station connected last. */
  connectedAt: Date | null
  /** Whether the station holds, or may hold, a profile of ours for it. */
  limited: boolean
  last: LastDecision | null
}

export interface LastDecision {
  decisionId: string
  siteId: string
  allocatedKw: number
  status: 'pending' | 'active' | 'rejected' | 'ended'
  /** Why the station did not take it. */
  reason: string | null
  updatedAt: Date
}

/** SQL for the id by which its station knows the transaction `t`. */
export const STATIONS_ID = `case t.protocol when 'ocpp1.6' then t.numeric_id::text else t.transaction_id end`

/**
 * What is in force by `set_power_limit`, the newest that did not fail, for as long as it lasts; and by the
 * `start_charging` that began the session, or the newest since.
 */
const COMMANDED = `
  select least(limited.kw, started.kw) as kw, limited.until
  from (select) here
  left join lateral (
    select case when c.params->>'power_limit' is not null then (c.params->>'power_limit')::float8
      else (c.params->>'power_limit_percent')::float8 / 100 * rating.kw end as kw, c.until
    from (
      select params, created_at + (params->>'duration')::float8 * interval '1 second' as until from core.commands
      where device_id = t.device_id and (connector_id = t.connector_id or connector_id is null)
        and command = 'set_power_limit' and status not in ('failed', 'expired')
      order by sequence desc limit 1) c
    where c.until is null or c.until > now()) limited on true
  left join lateral (
    select (params->>'charge_power')::float8 as kw from core.commands
    where device_id = t.device_id and command = 'start_charging' and status in ('accepted', 'completed')
      and details->>'transaction_id' = ${STATIONS_ID} and jsonb_typeof(params->'charge_power') = 'number'
    order by sequence desc limit 1) started on true`

/**
 * SQL for whether the station forgot to end the transaction `t`: another one has begun on its connector since. What it
 * would take is not kept back, and nobody could be told a limit of it.
 */
const FORGOTTEN = `t.connector_id > 0 and exists (
  select from ocpp.transactions later where later.identity = t.identity and later.connector_id = t.connector_id
    and (later.started_at, later.transaction_key) > (t.started_at, t.transaction_key))`

/** SQL for whether the transaction `t` may draw power: a station of 2.x may begin one before the vehicle is on an EVSE. */
const MAY_DRAW = `(t.protocol = 'ocpp1.6' or t.evse_id is not null
  or t.charging_state in ('Charging', 'SuspendedEV', 'SuspendedEVSE'))`

const SESSIONS = `
  select t.transaction_key as "transactionKey", t.tenant_id as "tenantId", t.identity, t.protocol,
    ${STATIONS_ID} as "transactionId",
    t.evse_id as "evseId", t.connector_id as "connectorId", t.id_tag as "idTag", rating.kw as "ratingKw",
    commanded.kw as "commandedKw", commanded.until as "commandedUntil", link.connected_at as "connectedAt",
    exists (select from ocpp.charging_decisions where transaction_key = t.transaction_key
      and status in ('pending', 'active')) as limited,
    case when d.decision_id is not null then json_build_object('decisionId', d.decision_id::text,
      'siteId', d.site_id, 'allocatedKw', d.allocated_kw, 'status', d.status, 'reason', d.reason,
      'updatedAt', d.updated_at) end as last
  from core.sites s
    join ocpp.stations st on st.tenant_id = s.tenant_id
    left join core.devices own on own.device_id = st.device_id
    join ocpp.transactions t on t.identity = st.identity and t.tenant_id = st.tenant_id and t.ended_at is null
    left join core.devices dev on dev.device_id = t.device_id
    left join core.device_models m on m.manufacturer = dev.manufacturer and m.model = dev.model
    cross join lateral (select coalesce(m.max_power_kw, s.power_capacity_kw)::float8 as kw) rating
    left join lateral (${COMMANDED}) commanded on true
    left join ocpp.connection_states link on link.tenant_id = st.tenant_id and link.identity = st.identity
    left join lateral (
      select decision_id, site_id, allocated_kw, status, reason, updated_at from ocpp.charging_decisions
      where transaction_key = t.transaction_key order by decision_id desc limit 1) d on true
  where s.site_id = :siteId and coalesce(st.site_id, own.site_id) = s.site_id and ${MAY_DRAW}
    and not (${FORGOTTEN})
  order by t.started_at, t.transaction_key`

/** The sessions that are underway at a site, oldest first. */
export async function sessionsOf(db: Knex, siteId: string): Promise<SiteSession[]> {
  const { rows } = await db.raw<{ rows: SiteSession[] }>(SESSIONS, { siteId })
  return rows.map(row => ({
    ...row,
    last: row.last && { ...row.last, updatedAt: new Date(row.last.updatedAt) },
  }))
}

/** A session whose station may hold a limit of ours. */
export type LimitedSession = Pick<
  SiteSession,
  'transactionKey' | 'tenantId' | 'identity' | 'protocol' | 'transactionId' | 'evseId' | 'connectorId'
>

/** The sessions with a limit of this site whose stations have moved to one that shares no power, or to none. */
export async function departedFrom(db: Knex, siteId: string): Promise<LimitedSession[]> {
  const { rows } = await db.raw<{ rows: LimitedSession[] }>(
    `select t.transaction_key as "transactionKey", t.tenant_id as "tenantId", t.identity, t.protocol,
       ${STATIONS_ID} as "transactionId", t.evse_id as "evseId", t.connector_id as "connectorId"
     from ocpp.transactions t
       join ocpp.stations st on st.identity = t.identity and st.tenant_id = t.tenant_id
       left join core.devices own on own.device_id = st.device_id
       left join ocpp.site_charging g on g.site_id = coalesce(st.site_id, own.site_id)
     where t.ended_at is null and coalesce(st.site_id, own.site_id) is distinct from :siteId
       and g.enabled is not true and t.transaction_key in (
         select transaction_key from ocpp.charging_decisions
         where site_id = :siteId and status in ('pending', 'active'))`,
    { siteId },
  )
  return rows
}

export interface NewDecision {
  tenantId: string
  siteId: string
  identity: string
  connectorId: number
  transactionKey: string
  strategy: string
  allocatedKw: number
}

/** Notes decisions before the stations hear of them. @returns their ids, in the same order */
export async function add(db: Knex, decisions: NewDecision[]): Promise<string[]> {
  if (decisions.length === 0) return []
  const { rows } = await db.raw<{ rows: { decision_id: string }[] }>(
    `insert into ocpp.charging_decisions
       (tenant_id, site_id, identity, connector_id, transaction_key, strategy, allocated_kw, status, started_at)
     select "tenantId", "siteId", identity, "connectorId", "transactionKey", strategy, "allocatedKw", 'pending', now()
     from rows from (jsonb_to_recordset(:decisions::jsonb) as ("tenantId" uuid, "siteId" text, identity text,
       "connectorId" int, "transactionKey" bigint, strategy text, "allocatedKw" float8)) with ordinality as given
     order by ordinality returning decision_id`,
    { decisions: JSON.stringify(decisions) },
  )
  return rows.map(({ decision_id }) => decision_id)
}

/** The station took it: what it was told before of this session has come to its end. */
export async function activate(db: Knex, decisionId: string, transactionKey: string): Promise<void> {
  await db.raw(
    `update ocpp.charging_decisions set status = case decision_id when :decisionId then 'active' else 'ended' end,
       updated_at = now()
     where transaction_key = :transactionKey and decision_id <= :decisionId and status in ('pending', 'active')`,
    { decisionId, transactionKey },
  )
}

/** The station did not take it, or nobody knows whether it did. */
export async function reject(db: Knex, decisionId: string, reason: string): Promise<void> {
  await db('ocpp.charging_decisions')
    .where({ decision_id: decisionId, status: 'pending' })
    .update({ status: 'rejected', reason, updated_at: db.fn.now() })
}

/** Ends what was decided about a session. */
export async function end(db: Knex, transactionKey: string): Promise<void> {
  await db('ocpp.charging_decisions')
    .where({ transaction_key: transactionKey })
    .whereIn('status', ['pending', 'active'])
    .update({ status: 'ended', updated_at: db.fn.now() })
}

/** Ends what was decided about sessions of a site that are over. */
export async function endFinished(db: Knex, siteId: string): Promise<void> {
  await db.raw(
    `update ocpp.charging_decisions d set status = 'ended', updated_at = now() from ocpp.transactions t
     where d.site_id = :siteId and d.status in ('pending', 'active')
       and t.transaction_key = d.transaction_key and (t.ended_at is not null or ${FORGOTTEN})`,
    { siteId },
  )
}

/** Removes decisions that came to nothing or to their end more than so many days ago. */
export async function removeOld(db: Knex, days: number): Promise<void> {
  await db('ocpp.charging_decisions')
    .whereIn('status', ['rejected', 'ended'])
    .whereRaw('updated_at < now() - make_interval(days => ?)', [days])
    .delete()
}
